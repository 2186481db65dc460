import { execFileSync } from "node:child_process";
import { readdir, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { rounds } from "@oroboros/test-support";
import { describe, expect, test } from "vitest";
import { prunePool } from "./sync-surface-prune.ts";
import { inSurfacePlace, pooledFiles, SMALL_BUILD } from "./testing/a-surface-place.ts";

describe("assets of earlier builds", () => {
  const assets = (name: string): string => `assets/${name}-BxK3a9Qz.js`;

  test("a hashed asset stays for twenty further builds, and nothing else does", () =>
    inSurfacePlace(async ({ build, surface, sync }) => {
      await build({ ...SMALL_BUILD, [assets("deep/old")]: "old", "old.html": "old", "x-BxK3a9Qz.js": "old" });
      await sync("0");
      await build({ "index.html": "<html>", [assets("new")]: "new" });
      for (let index = 1; index <= 20; index += 1) {
        expect(await sync(`${index}`, `${index - 1}`)).toMatchObject({ files: 2, kept: 1 });
        expect(await readFile(join(surface(`${index}`), assets("deep/old")), "utf8")).toBe("old");
      }
      expect((await readdir(surface("1"))).toSorted()).toEqual([".oroboros-kept-assets", "assets", "index.html"]);
      expect(await readdir(join(surface("1"), "assets"))).not.toContain("app.js");
      expect(await sync("21", "20")).toMatchObject({ kept: 0 });
      expect(await readdir(join(surface("21"), "assets"))).toEqual(["new-BxK3a9Qz.js"]);
    }));

  test("an asset that a build brings again is new again", () =>
    inSurfacePlace(async ({ build, sync }) => {
      await build({ [assets("a")]: "a" });
      await sync("0");
      await build(SMALL_BUILD);
      for (let index = 1; index <= 15; index += 1) await sync(`${index}`, `${index - 1}`);
      await build({ [assets("a")]: "a" });
      expect(await sync("16", "15")).toMatchObject({ kept: 0 });
      await build(SMALL_BUILD);
      for (let index = 17; index <= 36; index += 1)
        expect(await sync(`${index}`, `${index - 1}`)).toMatchObject({ kept: 1 });
      expect(await sync("37", "36")).toMatchObject({ kept: 0 });
    }));

  test("a build can not say itself what is kept, nor lead it through a link", () =>
    inSurfacePlace(async ({ from, build, surface, sync }) => {
      await build({ [assets("deep/a")]: "a", ".oroboros-kept-assets": `-9 ${assets("deep/a")}` });
      await sync("0");
      expect(await readdir(surface("0"))).not.toContain(".oroboros-kept-assets");
      await build({ "other/b.js": "b", "assets/b.js": "b" });
      await symlink("../other", join(from, "assets/deep"));
      expect(await sync("1", "0")).toMatchObject({ kept: 0 });
      expect(await readdir(join(surface("1"), "other"))).toEqual(["b.js"]);
      await build({ assets: "a file" });
      expect(await sync("2", "0")).toMatchObject({ kept: 0 });
    }));

  test("what is kept and the build fit into the limits together, the youngest first", () =>
    inSurfacePlace(async ({ build, surface, sync }) => {
      await build({ [assets("older")]: "1234" });
      await sync("0");
      await build({ [assets("newer")]: "1234" });
      await sync("1", "0");
      await build({ "index.html": "1234" });
      expect(await sync("2", "1", { maxBytes: 11, maxFiles: 9 })).toMatchObject({ kept: 1 });
      expect(await readdir(join(surface("2"), "assets"))).toEqual(["newer-BxK3a9Qz.js"]);
      expect(await sync("3", "1", { maxBytes: 99, maxFiles: 2 })).toMatchObject({ kept: 1 });
    }));
});

describe("pruning the pool", () => {
  test("a file goes with the last surface that holds it", () =>
    inSurfacePlace(async ({ build, pool, surface, sync }) => {
      await sync("one");
      await build({ ...SMALL_BUILD, "assets/app.js": "new" });
      await sync("two");
      expect(await prunePool(pool)).toBe(0);
      await rm(surface("one"), { recursive: true });
      expect(await prunePool(pool)).toBe(1);
      expect(pooledFiles(pool)).toHaveLength(2);
      expect(await readFile(join(surface("two"), "assets/app.js"), "utf8")).toBe("new");
    }));

  test("files of an earlier boot are not linked to any more, and go as well", () =>
    inSurfacePlace(async ({ pool, surface, sync }) => {
      await sync("one");
      const [shelf = ""] = await readdir(pool);
      const earlier = join(pool, "00000000-0000-0000-0000-000000000000");
      execFileSync("mv", [join(pool, shelf), earlier]);
      expect(await sync("two")).toMatchObject({ written: 2 });
      await prunePool(pool);
      expect(await readdir(earlier)).toHaveLength(2);
      await rm(surface("one"), { recursive: true });
      await prunePool(pool);
      expect(await readdir(pool)).toEqual([shelf]);
    }));

  test("surfaces are made while the pool is pruned", () =>
    inSurfacePlace(async ({ pool, surface, sync }) => {
      let isDone = false;
      const pruning = (async () => {
        while (!isDone) await prunePool(pool).then(() => new Promise(setImmediate));
      })();
      try {
        for (let round = 0; round < rounds(200); round += 1) {
          await sync(`${round}`);
          expect(await readFile(join(surface(`${round}`), "index.html"), "utf8")).toBe("<html>");
          await rm(surface(`${round}`), { recursive: true });
        }
      } finally {
        isDone = true;
        await pruning;
      }
      expect(await prunePool(join(pool, "missing"))).toBe(0);
    }));
});
