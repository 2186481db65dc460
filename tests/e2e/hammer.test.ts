import { endOfRun, showRun, startRuntime, tinyApp, type Runtime } from "@oroboros/test-runtime";
import { eventually, rounds, takePortOffset } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";

const BRANCH = "feature/changing";
const READERS = 4;
const TIMEOUT_MS = 600_000;
const REPUBLISHES = rounds(200, 10);

/** A page that carries its build's number, and two assets named by content that carry it as well. */
const build = (number: number): string => `
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
mkdirSync("dist/assets", { recursive: true });
const asset = (kind, text) => {
  const name = "app-" + createHash("sha256").update(text).digest("hex").slice(0, 12).toUpperCase() + "." + kind;
  writeFileSync("dist/assets/" + name, text);
  return name;
};
const [script, style] = [asset("js", "build = ${number};"), asset("css", "p { --build: ${number}; }")];
writeFileSync("dist/index.html", "<p>build ${number};<link href=/assets/" + style + "><script src=/assets/" + script + "></script>");
`;

const app = (number: number): Record<string, string> =>
  tinyApp(({ files }) => (files["web/build.mjs"] = build(number)));

let runtime: Runtime;
beforeAll(async () => {
  runtime = await startRuntime({ portOffset: await takePortOffset(), main: app(0) });
  await runtime.pushBranch(BRANCH, app(0));
});
afterAll(() => runtime?.stop());

interface Seen {
  pages: number;
  builds: Set<number>;
  wrong: string[];
}

/** Loads the page and what it names, as a browser does, until the signal aborts. */
async function read(url: string, seen: Seen, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const page = await get(`${url}/`, seen);
    const number = /build (\d+);/.exec(page)?.[1];
    if (number === undefined) seen.wrong.push(`a page without a build: ${page.slice(0, 80)}`);
    for (const [, asset] of page.matchAll(/(\/assets\/[\w.-]+)/g)) {
      const text = await get(url + asset, seen);
      if (!new RegExp(`\\b${number};`).test(text)) seen.wrong.push(`page ${number} got ${asset}: ${text.slice(0, 40)}`);
    }
    seen.pages += 1;
    seen.builds.add(Number(number));
  }
}

async function get(url: string, seen: Seen): Promise<string> {
  const response = await fetch(url, { redirect: "manual" });
  if (response.status !== 200) seen.wrong.push(`${url} answered ${response.status}`);
  return response.text();
}

test(
  `a reader of the page sees one build at a time during ${REPUBLISHES} republishes`,
  async () => {
    const run = await endOfRun(runtime, { title: "hammered", branch: BRANCH });
    expect(run.failure_message).toBeNull();
    const url = String(run.frontend_url);
    const pid = await backendPid(url);
    const seen: Seen = { pages: 0, builds: new Set(), wrong: [] };
    const stop = new AbortController();
    const readers = Array.from({ length: READERS }, () => read(url, seen, stop.signal));
    try {
      for (let number = 1; number <= REPUBLISHES; number += 1) {
        const commit_sha = await runtime.pushBranch(BRANCH, app(number));
        await runtime.api(`/api/runs/${run.run_id}/publish`, { method: "POST", body: JSON.stringify({ commit_sha }) });
        const attempt = await eventually(
          async () => {
            const last = (await showRun(runtime, run.run_id)).attempts.at(-1);
            return last?.finished_at === null ? undefined : last;
          },
          { deadlineMs: 120_000 },
        );
        expect(attempt).toMatchObject({ commit_sha, status: "succeeded", failure_message: null });
        // A build that no reader met would prove nothing.
        await eventually(() => seen.builds.has(number) || seen.wrong.length > 0, { deadlineMs: 120_000 });
        if (seen.wrong.length > 0) break;
      }
    } finally {
      stop.abort();
      await Promise.all(readers);
    }
    expect(seen.wrong).toEqual([]);
    expect(seen.builds.size).toBeGreaterThanOrEqual(REPUBLISHES);
    expect(seen.pages).toBeGreaterThan(REPUBLISHES);
    expect(await backendPid(url)).toBe(pid);
  },
  TIMEOUT_MS,
);

const backendPid = async (url: string): Promise<number> =>
  ((await (await fetch(`${url}/api/health`)).json()) as { pid: number }).pid;
