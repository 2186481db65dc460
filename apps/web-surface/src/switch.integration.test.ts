import { mkdir, rm, writeFile } from "node:fs/promises";
import { Agent } from "node:http";
import { join } from "node:path";
import { prunePool, swapSymlink, syncSurface } from "@oroboros/host";
import { rounds } from "@oroboros/test-support";
import { expect, onTestFinished, test } from "vitest";
import { ask, aSurface } from "./testing/a-surface.ts";

const SWITCHES = Math.max(20, rounds(200));
const LIMITS = { maxBytes: 1_000_000, maxFiles: 100 };
const SURFACES_LEFT = 3;

interface Site {
  readonly port: number;
  /** Makes the next build, with other assets under other names, and switches to it. */
  readonly switchBuild: () => Promise<void>;
  /** Resolves when the link has been switched once more. */
  readonly nextSwitch: () => Promise<void>;
}

test(`a reader meets whole pages and nothing else while the surface is switched ${SWITCHES} times`, async () => {
  const site = await aSite();
  await site.switchBuild();
  let isSwitching = true;
  const faults: string[] = [];
  const pages = { keepAlive: 0, newConnection: 0, leftOpen: 0 };
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const read = async (reader: keyof typeof pages): Promise<void> => {
    while (isSwitching) {
      faults.push(...(await readPage(site, reader, reader === "newConnection" ? false : agent)));
      pages[reader] += 1;
    }
  };
  const readers = [read("keepAlive"), read("newConnection"), read("leftOpen")];
  // Each reader has to have met some of the switches.
  const hasSeenFew = (): boolean => Object.values(pages).some((seen) => seen < SWITCHES / 4);
  for (let index = 0; index < SWITCHES || hasSeenFew(); index += 1) {
    await site.switchBuild();
    faults.push(...(await readPage(site, "newConnection", false)));
  }
  isSwitching = false;
  await site.switchBuild();
  await Promise.all(readers);
  expect(faults).toEqual([]);
});

test("what browsers are told to keep for good is what later builds keep for them", async () => {
  const { folder, root, ask: get } = await aSurface();
  const [from, pool] = [join(folder, "dist"), join(folder, "pool")];
  const names = [
    "index-BxK3a9Qz.js",
    "deep/logo.0f3a9c1b.svg",
    "my-wonderful.png",
    "a.js",
    "x-BxK3a9Q.js",
    "B-_-_-_-_.a",
  ];
  await mkdir(join(from, "assets/deep"), { recursive: true });
  for (const name of names) await writeFile(join(from, "assets", name), name);
  await syncSurface({ from, to: join(folder, "one"), pool, limits: LIMITS });
  await rm(join(from, "assets"), { recursive: true });
  await syncSurface({ from, to: join(folder, "two"), pool, previous: join(folder, "one"), limits: LIMITS });
  const found = async (surface: string): Promise<string[]> => {
    await swapSymlink({ target: join(folder, surface), link: root });
    const answers = await Promise.all(names.map((name) => get(`/assets/${name}`)));
    return answers.map(({ status, headers }) => `${status} ${headers["cache-control"]}`);
  };
  const forGood = "200 public, max-age=31536000, immutable";
  const inOne = await found("one");
  expect(inOne.filter((answer) => answer === forGood).length).toBeGreaterThan(1);
  expect(await found("two")).toEqual(inOne.map((answer) => (answer === forGood ? forGood : "404 no-store")));
});

/** Loads the page and everything it names, one after the other as a browser does; a page left open loads it a switch later. */
async function readPage({ port, nextSwitch }: Site, reader: string, agent: Agent | false): Promise<string[]> {
  const page = await ask(port, "/", { agent });
  const build = /<title>(\d+)</.exec(page.body)?.[1];
  if (page.status !== 200 || build === undefined) return [`${reader}: / was ${page.status} ${page.body}`];
  const faults: string[] = [];
  if (reader === "leftOpen") await nextSwitch();
  for (const [path] of page.body.matchAll(/\/assets\/[\w.-]+/g)) {
    const asset = await ask(port, path, { agent });
    if (asset.status !== 200) faults.push(`${reader}: ${path} of build ${build} was ${asset.status}`);
    else if (!asset.body.startsWith(`build ${build} `)) faults.push(`${reader}: ${path} was of another build`);
  }
  return faults;
}

async function aSite(): Promise<Site> {
  const { folder, port, root } = await aSurface();
  const from = join(folder, "dist");
  const pool = join(folder, "pool");
  const surface = (index: number): string => join(folder, "surfaces", `${index}`);
  let count = 0;
  let switched = Promise.withResolvers<void>();
  const switchBuild = async (): Promise<void> => {
    count += 1;
    await writeBuild(from, count);
    const previous = count === 1 ? undefined : surface(count - 1);
    await syncSurface({ from, to: surface(count), pool, previous, limits: LIMITS });
    await swapSymlink({ target: surface(count), link: root });
    const waiting = switched;
    switched = Promise.withResolvers();
    waiting.resolve();
    await rm(surface(count - SURFACES_LEFT), { recursive: true, force: true });
    await prunePool(pool);
  };
  return { port, switchBuild, nextSwitch: () => switched.promise };
}

/** A bundler's output: what is not the page has a name that no other build has. */
async function writeBuild(from: string, build: number): Promise<void> {
  await rm(from, { recursive: true, force: true });
  await mkdir(join(from, "assets"), { recursive: true });
  const assets = ["app.js", "page.js", "look.css"].map((name) => {
    const [stem, extension] = name.split(".");
    return `assets/${stem}-B${String(build).padStart(7, "0")}.${extension}`;
  });
  for (const path of assets) await writeFile(join(from, path), `build ${build} ${path}`.padEnd(20_000));
  const names = assets.map((path) => `<link href="/${path}">`).join("");
  await writeFile(join(from, "index.html"), `<!doctype html><title>${build}</title>${names}`);
}
