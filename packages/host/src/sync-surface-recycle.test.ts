import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { syncSurface, type SurfaceSource, type SyncedSurface } from "./sync-surface.ts";
import { falseNames, inSurfacePlace, LIMITS, SMALL_BUILD, type SurfacePlace } from "./testing/a-surface-place.ts";

const NOTE = ".oroboros-files";

/** Makes the surface `name` out of the surface `old`. */
const renew = (place: SurfacePlace, name: string, old: string, previous?: string): Promise<SyncedSurface> =>
  syncSurface({
    from: place.from,
    to: place.surface(name),
    pool: place.pool,
    previous: previous && place.surface(previous),
    recycle: place.surface(old),
    limits: LIMITS,
  });

const textIn = (surface: string, path: string): string => readFileSync(join(surface, path), "utf8");

test("an old surface becomes the new one: what did not change stays, and nothing else does", () =>
  inSurfacePlace(async (place) => {
    const { build, surface, sync, pool } = place;
    await build({ ...SMALL_BUILD, "gone.html": "gone", "gone/deep/a.js": "a", "assets/old.js": "old" });
    await sync("one");
    await build({ ...SMALL_BUILD, "assets/app.js": "app 2" });
    await sync("two", "one");
    writeFileSync(join(surface("one"), ".published"), "one");
    const { ino } = lstatSync(surface("one"));
    await build({ ...SMALL_BUILD, "assets/app.js": "app 3", "new/b.js": "b" });
    expect(await renew(place, "three", "one", "two")).toEqual({ files: 3, bytes: 12, written: 2, linked: 1, kept: 0 });
    const three = surface("three");
    expect([lstatSync(three).ino, existsSync(surface("one"))]).toEqual([ino, false]);
    expect(readdirSync(three).toSorted()).toEqual([NOTE, ".oroboros-kept-assets", "assets", "index.html", "new"]);
    expect(readdirSync(join(three, "assets"))).toEqual(["app.js"]);
    expect([textIn(three, "assets/app.js"), textIn(surface("two"), "assets/app.js")]).toEqual(["app 3", "app 2"]);
    expect(lstatSync(join(three, "index.html")).ino).toBe(lstatSync(join(surface("two"), "index.html")).ino);
    expect(falseNames(pool)).toEqual([]);
  }));

test("an entry that has become another kind of entry is replaced", () =>
  inSurfacePlace(async (place) => {
    const { build, from, surface, sync } = place;
    await build({ a: "file", "b/c": "below", d: "file", "f/g": "below", z: "z" });
    await symlink("z", join(from, "e"));
    await sync("one");
    await build({ "a/x": "below", b: "file", e: "file", z: "z" });
    await symlink("z", join(from, "d"));
    await symlink("a", join(from, "f"));
    await renew(place, "two", "one");
    const two = surface("two");
    expect(["a/x", "b", "d", "e", "f/x"].map((path) => textIn(two, path))).toEqual([
      "below",
      "file",
      "z",
      "file",
      "below",
    ]);
    expect(["d", "f"].map((path) => lstatSync(join(two, path)).isSymbolicLink())).toEqual([true, true]);
  }));

test("an old asset that the previous surface keeps is kept once more", () =>
  inSurfacePlace(async (place) => {
    const asset = "assets/deep/a-BxK3a9Qz.js";
    await place.build({ [asset]: "a" });
    await place.sync("one");
    await place.build(SMALL_BUILD);
    expect(await place.sync("two", "one")).toMatchObject({ kept: 1 });
    expect(await renew(place, "three", "one", "two")).toMatchObject({ kept: 1 });
    expect(textIn(place.surface("three"), asset)).toBe("a");
    expect(await renew(place, "four", "two", "three")).toMatchObject({ kept: 1, linked: 2 });
  }));

test("what another boot of the machine, or nobody, vouches for is made anew", () =>
  inSurfacePlace(async (place) => {
    const { surface, sync } = place;
    for (const note of ["00000000-0000-0000-0000-000000000000\n", ""]) {
      await sync("one");
      const path = join(surface("one"), NOTE);
      const text = readFileSync(path, "utf8");
      writeFileSync(path, note === "" ? "" : text.replace(/^.*\n/, note));
      const { ino } = lstatSync(surface("one"));
      await renew(place, `two${note.length}`, "one");
      expect(lstatSync(surface(`two${note.length}`)).ino).not.toBe(ino);
      expect(existsSync(surface("one"))).toBe(false);
    }
  }));

test("a build can not say itself what its files hold", () =>
  inSurfacePlace(async (place) => {
    const { from, surface, sync } = place;
    await sync("one");
    await writeFile(join(from, NOTE), "mine");
    await renew(place, "two", "one");
    expect(textIn(surface("two"), NOTE)).not.toContain("mine");
  }));

test("what the publisher has put in the place of a build's dotfile is not taken for the build's", () =>
  inSurfacePlace(async (place) => {
    const { build, surface, sync } = place;
    await build({ ".marker": "build" });
    await sync("one");
    writeFileSync(join(surface("one"), "beside"), "publisher");
    renameSync(join(surface("one"), "beside"), join(surface("one"), ".marker"));
    await renew(place, "two", "one");
    expect(textIn(surface("two"), ".marker")).toBe("build");
  }));

test("a refused build leaves neither surface, and a name that is taken is not touched", () =>
  inSurfacePlace(async (place) => {
    const { from, surface, sync } = place;
    await sync("one");
    await sync("two");
    await expect(renew(place, "two", "one")).rejects.toThrow("EEXIST");
    expect(textIn(surface("one"), "index.html")).toBe("<html>");
    await symlink("/etc/passwd", join(from, "link"));
    await expect(renew(place, "three", "one")).rejects.toMatchObject({ code: "path_refused" });
    expect([existsSync(surface("one")), existsSync(surface("three"))]).toEqual([false, false]);
  }));

test("the live surface is not recycled", () =>
  inSurfacePlace(async (place) => {
    await place.sync("one");
    await expect(renew(place, "two", "one", "one")).rejects.toThrow("is in use");
    expect(textIn(place.surface("one"), "index.html")).toBe("<html>");
  }));

test("a surface that a killed sync has half changed never gets the new name, and is not believed", () =>
  inSurfacePlace(async (place) => {
    const { build, from, pool, surface, sync } = place;
    const names = Array.from({ length: 12 }, (_, index) => `f${index}`);
    const limits = { maxBytes: 200_000_000, maxFiles: 100 };
    const buildOf = (version: string): Promise<void> =>
      build(Object.fromEntries(names.map((name) => [name, version.repeat(4_000_000)])));
    const source = { from, pool, recycle: surface("old"), limits };
    let round = 0;
    // A sync that was faster than the signal has no old surface left, and says nothing.
    for (; round === 0 || !existsSync(surface("old")); round += 1) {
      await buildOf("1");
      await sync("old", undefined, limits);
      await buildOf("2");
      await killWhenBegun({ ...source, to: surface(`new${round}`) });
    }
    expect(readdirSync(surface(`new${round - 1}`))).toEqual([]);
    expect(names.some((name) => !textStarts(surface("old"), name, "1"))).toBe(true);
    await buildOf("1");
    await syncSurface({ ...source, to: surface("next") });
    for (const name of names) expect(textStarts(surface("next"), name, "1")).toBe(true);
    expect(falseNames(pool)).toEqual([]);
  }));

const textStarts = (surface: string, path: string, text: string): boolean =>
  existsSync(join(surface, path)) && textIn(surface, path).startsWith(text);

/** Kills a process that takes over a surface as soon as it has touched it. */
async function killWhenBegun(source: SurfaceSource & { recycle: string }): Promise<void> {
  const module = JSON.stringify(new URL("./sync-surface.ts", import.meta.url).href);
  const script = `const { syncSurface } = await import(${module}); await syncSurface(${JSON.stringify(source)});`;
  const child = spawn(process.execPath, ["--conditions=oroboros-source", "--input-type=module", "-e", script], {
    stdio: "ignore",
  });
  const inodeOf = (): number | undefined => lstatSync(join(source.recycle, "f0"), { throwIfNoEntry: false })?.ino;
  const before = inodeOf();
  await eventually(() => ![before, undefined].includes(inodeOf()) || !existsSync(source.recycle), {
    deadlineMs: 20_000,
  });
  child.kill("SIGKILL");
  await once(child, "exit");
}
