import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, linkSync, lstatSync, readdirSync, statSync } from "node:fs";
import { chown, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { eventually, rounds } from "@oroboros/test-support";
import { describe, expect, test } from "vitest";
import { syncSurface } from "./sync-surface.ts";
import {
  falseNames,
  inSurfacePlace,
  LIMITS,
  pooledFiles,
  SMALL_BUILD,
  type SurfacePlace,
} from "./testing/a-surface-place.ts";

const REFUSED = { code: "path_refused" };
const isRoot = process.geteuid?.() === 0;

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);
const inodeOf = (path: string): number => statSync(path).ino;

async function expectRefusal({ surface, sync }: SurfacePlace, reason: string, limits = LIMITS): Promise<void> {
  await expect(sync("refused", undefined, limits)).rejects.toMatchObject({
    ...REFUSED,
    message: expect.stringContaining(reason),
  });
  await expect(stat(surface("refused"))).rejects.toThrow("ENOENT");
}

describe("making a surface", () => {
  test("files, empty files, directories and inner links arrive, readable by all and writable by nobody", () =>
    inSurfacePlace(async ({ from, surface, sync }) => {
      await writeFile(join(from, "empty"), "");
      await symlink("../index.html", join(from, "assets/home"));
      const umask = process.umask(0o077);
      const synced = await sync("one").finally(() => process.umask(umask));
      expect(synced).toEqual({ files: 3, bytes: 9, written: 3, linked: 0, kept: 0 });
      const one = surface("one");
      expect(await readFile(join(one, "assets/app.js"), "utf8")).toBe("app");
      expect(await readFile(join(one, "assets/home"), "utf8")).toBe("<html>");
      expect(await readFile(join(one, "empty"), "utf8")).toBe("");
      expect(await modeOf(join(one, "index.html"))).toBe("444");
      expect([await modeOf(one), await modeOf(join(one, "assets"))]).toEqual(["755", "755"]);
    }));

  test("what did not change is the previous surface's file, and a change leaves that surface as it was", () =>
    inSurfacePlace(async ({ build, surface, sync, pool }) => {
      await sync("one");
      await build({ ...SMALL_BUILD, "assets/app.js": "new" });
      expect(await sync("two", "one")).toMatchObject({ files: 2, written: 1, linked: 1 });
      expect(inodeOf(join(surface("two"), "index.html"))).toBe(inodeOf(join(surface("one"), "index.html")));
      expect(await readFile(join(surface("one"), "assets/app.js"), "utf8")).toBe("app");
      expect(await readFile(join(surface("two"), "assets/app.js"), "utf8")).toBe("new");
      expect(falseNames(pool)).toEqual([]);
    }));

  test("a file larger than memory should hold is stored once and linked after that", () =>
    inSurfacePlace(async ({ build, surface, sync, pool }) => {
      const large = "0123456789".repeat(350_000);
      const limits = { ...LIMITS, maxBytes: 10_000_000 };
      await build({ "index.html": large });
      expect(await sync("one", undefined, limits)).toMatchObject({ bytes: large.length, written: 1 });
      expect(await sync("two", undefined, limits)).toMatchObject({ written: 0, linked: 1 });
      expect(await readFile(join(surface("two"), "index.html"), "utf8")).toBe(large);
      expect(await modeOf(join(surface("two"), "index.html"))).toBe("444");
      expect(falseNames(pool)).toEqual([]);
    }));

  test("a surface that is there already is not touched", () =>
    inSurfacePlace(async ({ surface, sync }) => {
      await sync("one");
      await expect(sync("one")).rejects.toThrow("EEXIST");
      expect(await readdir(surface("one"))).toHaveLength(2);
    }));

  test("a build that is not there is named and is no refusal", () =>
    inSurfacePlace(async ({ from, sync }) => {
      await rm(from, { recursive: true });
      await expect(sync("one")).rejects.toMatchObject({ code: "path_not_found" });
    }));
});

describe("refusing a build", () => {
  test.each([
    ["an absolute link", "/etc/passwd"],
    ["a link that leaves", "../../secret"],
    ["a link that leaves through a directory", "../assets/../../secret"],
    ["a link that goes on below itself", "./app.js"],
  ])("%s is refused and nothing is left", (_name, target) =>
    inSurfacePlace(async (place) => {
      await symlink(target, join(place.from, "assets/link"));
      await expectRefusal(place, "it links to");
    }),
  );

  test("a chain of links that leaves together is refused", () =>
    inSurfacePlace(async (place) => {
      await mkdir(join(place.from, "a/b"), { recursive: true });
      await symlink("..", join(place.from, "a/b/up"));
      await symlink("a/b/up/../../secret", join(place.from, "out"));
      await expectRefusal(place, "it links to");
    }));

  test("a fifo and a socket are refused without waiting for anybody", () =>
    inSurfacePlace(async (place) => {
      execFileSync("mkfifo", [join(place.from, "fifo")]);
      await expectRefusal(place, "it is neither");
      await rm(join(place.from, "fifo"));
      const server = createServer();
      await once(server.listen(join(place.from, "socket")), "listening");
      await expectRefusal(place, "it can not be opened");
      server.close();
    }));

  test.skipIf(!isRoot)("a hard link to somebody else's file is refused, be it one of the pool", () =>
    inSurfacePlace(async (place) => {
      const { root, from, pool, sync } = place;
      const paths = ["", "assets", "index.html", "assets/app.js"].map((name) => join(from, name));
      for (const path of paths) await chown(path, 64_001, 64_001);
      await sync("before");
      const [pooled = ""] = pooledFiles(pool);
      for (const foreign of [join(root, "secret"), pooled]) {
        linkSync(foreign, join(from, "hard"));
        await expectRefusal(place, "it belongs to another user");
        await rm(join(from, "hard"));
      }
      await sync("after");
    }),
  );

  test("too many entries and too many bytes are refused", () =>
    inSurfacePlace(async (place) => {
      await expectRefusal(place, "more than 8 bytes", { maxBytes: 8, maxFiles: 10 });
      await expectRefusal(place, "more than 2 entries", { maxBytes: 9, maxFiles: 2 });
      await place.sync("one", undefined, { maxBytes: 9, maxFiles: 3 });
    }));

  test("a tree that is too deep is refused", () =>
    inSurfacePlace(async (place) => {
      await mkdir(join(place.from, "d/".repeat(64)), { recursive: true });
      await place.sync("one");
      await mkdir(join(place.from, "d/".repeat(65)), { recursive: true });
      await expectRefusal(place, "more than 64 directories deep");
    }));

  test("a directory on the way that is a link is refused", () =>
    inSurfacePlace(async ({ root, surface, pool }) => {
      await symlink(root, join(root, "worktree"));
      const sync = syncSurface({ from: join(root, "worktree/dist"), to: surface("one"), pool, limits: LIMITS });
      await expect(sync).rejects.toMatchObject(REFUSED);
    }));
});

describe("while the build changes", () => {
  test("what the build's owner writes later reaches no surface and no other build", () =>
    inSurfacePlace(async ({ from, build, surface, sync, pool }) => {
      await sync("one");
      appendFileSync(join(from, "index.html"), "poison");
      expect(await readFile(join(surface("one"), "index.html"), "utf8")).toBe("<html>");
      await build(SMALL_BUILD);
      await sync("two");
      expect(await readFile(join(surface("two"), "index.html"), "utf8")).toBe("<html>");
      expect(falseNames(pool)).toEqual([]);
    }));

  test("a directory that is swapped for a link again and again never lets anything out", () =>
    inSurfacePlace(async ({ root, from, surface, sync }) => {
      await mkdir(join(root, "outside"));
      await writeFile(join(root, "outside/app.js"), "secret");
      await symlink(join(root, "outside"), join(root, "link"));
      const script = `const { renameSync } = require("node:fs");
        process.chdir(${JSON.stringify(root)});
        for (;;) {
          renameSync("dist/assets", "aside"); renameSync("link", "dist/assets");
          renameSync("dist/assets", "link"); renameSync("aside", "dist/assets");
        }`;
      const swapping = spawn(process.execPath, ["-e", script], { stdio: "ignore" });
      const outcomes = new Set<string>();
      try {
        // Both outcomes have to occur, or nothing was raced; a test that waits for luck ends at its own deadline.
        for (let round = 0; round < rounds(2_000) || outcomes.size < 2; round += 1) {
          const outcome = await sync(`${round}`).then(
            () =>
              readFile(join(surface(`${round}`), "assets/app.js"), "utf8").catch(
                (error: { code: string }) => error.code,
              ),
            (error: { code: string }) => error.code,
          );
          outcomes.add(outcome);
        }
      } finally {
        swapping.kill("SIGKILL");
        await once(swapping, "exit");
      }
      expect([...outcomes]).not.toContain("secret");
      expect(await readdir(from)).toContain("index.html");
    }));

  test("a file that is rewritten all the while is what its name in the pool says, and within the limits", () =>
    inSurfacePlace(async ({ from, surface, sync, pool }) => {
      const paths = ["small", "large"].map((name) => join(from, name));
      for (const path of paths) await writeFile(path, "");
      const script = `const { truncateSync, writeFileSync } = require("node:fs");
        for (let turn = 0; ; turn += 1) {
          writeFileSync(${JSON.stringify(paths[0])}, String(turn % 10).repeat(turn % 9_000));
          writeFileSync(${JSON.stringify(paths[1])}, String(turn % 10).repeat(1_500_000 + (turn % 7) * 300_000));
          if (turn % 3 === 0) truncateSync(${JSON.stringify(paths[1])}, 1_200_000);
        }`;
      const writer = spawn(process.execPath, ["-e", script], { stdio: "ignore" });
      try {
        const limits = { ...LIMITS, maxBytes: 4_000_000 };
        // A pool with several contents is one during whose making the file changed.
        for (let round = 0; round < rounds(100) || pooledFiles(pool).length < 5; round += 1) {
          await sync(`${round}`, undefined, limits);
          expect(lstatSync(join(surface(`${round}`), "large")).size).toBeLessThan(limits.maxBytes);
        }
      } finally {
        writer.kill("SIGKILL");
        await once(writer, "exit");
      }
      expect(falseNames(pool)).toEqual([]);
    }));

  test("others get their turn while a large build is synced", () =>
    inSurfacePlace(async ({ build, surface, sync }) => {
      const count = 900;
      await build(Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, `${index}`])));
      const made = new Set<number>();
      const look = (): void => {
        if (existsSync(surface("one"))) made.add(readdirSync(surface("one")).length);
        looking = setImmediate(look);
      };
      let looking = setImmediate(look);
      await sync("one");
      clearImmediate(looking);
      expect([...made].filter((files) => files > 0 && files < count)).not.toEqual([]);
    }));

  test("a sync that is killed leaves no half file in the pool, and the next one works", () =>
    inSurfacePlace(async ({ root, from, pool, build, surface, sync }) => {
      const limits = { maxBytes: 100_000_000, maxFiles: 1_000 };
      const names = Array.from({ length: 12 }, (_, index) => `f${index}`);
      await build(Object.fromEntries(names.map((name) => [name, name.repeat(1_000_000)])));
      const module = new URL("./sync-surface.ts", import.meta.url).href;
      const source = JSON.stringify({ from, to: surface("killed"), pool, limits });
      const script = `const { syncSurface } = await import(${JSON.stringify(module)}); await syncSurface(${source});`;
      for (let round = 0; round < rounds(10); round += 1) {
        const child = spawn(process.execPath, ["--conditions=oroboros-source", "--input-type=module", "-e", script], {
          stdio: "ignore",
        });
        // It may have ended by itself before anybody looks.
        const exited = once(child, "exit");
        const seen = 1 + (round % 6);
        await eventually(async () => (await readdir(surface("killed")).catch(() => [])).length >= seen, {
          deadlineMs: 60_000,
        });
        child.kill("SIGKILL");
        await exited;
        expect(falseNames(pool)).toEqual([]);
        await rm(surface("killed"), { recursive: true });
      }
      expect(await sync("rerun", undefined, limits)).toMatchObject({ files: 12 });
      expect(falseNames(pool)).toEqual([]);
      for (const name of names)
        expect(lstatSync(join(root, "surfaces/rerun", name)).size).toBe(name.length * 1_000_000);
    }));
});
