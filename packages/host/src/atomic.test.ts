import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { eventually, rounds, withTempDir } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { swapSymlink } from "./swap-symlink.ts";
import { writeFileAtomic } from "./write-file-atomic.ts";

test("a file is replaced as a whole, with its mode whatever the umask, and nothing beside it", () =>
  withTempDir(async (directory) => {
    const path = join(directory, "file");
    await writeFileAtomic(path, "old", { mode: 0o666 });
    await writeFileAtomic(path, Buffer.from("new"), { mode: 0o640 });
    expect(await readFile(path, "utf8")).toBe("new");
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe("640");
    expect(await readdir(directory)).toEqual(["file"]);
  }));

test("a write that fails leaves the old file and nothing beside it", () =>
  withTempDir(async (directory) => {
    await mkdir(join(directory, "taken"));
    await writeFile(join(directory, "taken/file"), "old");
    await expect(writeFileAtomic(join(directory, "taken"), "new")).rejects.toThrow("EISDIR");
    expect(await readdir(directory)).toEqual(["taken"]);
  }));

test("a writer killed in the middle leaves the old file or the new one", () =>
  withTempDir(async (directory) => {
    const path = join(directory, "file");
    const old = "o".repeat(4_000_000);
    const module = new URL("./write-file-atomic.ts", import.meta.url).href;
    const script = `const { writeFileAtomic } = await import(${JSON.stringify(module)});
      for (;;) for (const c of "no") await writeFileAtomic(${JSON.stringify(path)}, c.repeat(4_000_000));`;
    await writeFile(path, old);
    const states = new Set<string>();
    for (let round = 0; round < rounds(30); round += 1) {
      // Before it starts: what it writes beside is to be one more.
      const before = (await readdir(directory)).length;
      const writer = spawn(process.execPath, ["--conditions=oroboros-source", "--input-type=module", "-e", script], {
        stdio: "ignore",
      });
      const exited = once(writer, "exit");
      // Killed while a half-written file lies beside.
      await eventually(async () => (await readdir(directory)).length > before, { deadlineMs: 60_000 });
      writer.kill("SIGKILL");
      await exited;
      const content = await readFile(path, "utf8");
      expect(content).toHaveLength(old.length);
      states.add([...new Set(content)].join(""));
    }
    for (const state of states) expect(["o", "n"]).toContain(state);
  }));

const SWAPS = rounds(2_000);
const READS = rounds(20_000);

test(`a reader never finds a link missing in ${READS} reads while it is switched ${SWAPS} times`, () =>
  withTempDir(async (directory) => {
    const link = join(directory, "current");
    for (const name of ["a", "b"]) {
      await mkdir(join(directory, name));
      await writeFile(join(directory, name, "name"), name);
    }
    await swapSymlink({ target: join(directory, "a"), link });
    const reader = new Worker(
      `const { parentPort, workerData } = require("node:worker_threads");
       const { readFileSync } = require("node:fs");
       const seen = {};
       let reads = 0, isStopped = false;
       parentPort.on("message", () => { isStopped = true; });
       (function read() {
         for (let i = 0; i < 200; i += 1, reads += 1) {
           let what;
           try { what = readFileSync(workerData, "utf8"); } catch (error) { what = error.code; }
           if (seen[what] === undefined) parentPort.postMessage(what);
           seen[what] = (seen[what] ?? 0) + 1;
         }
         if (isStopped && reads >= ${READS}) parentPort.postMessage(seen); else setImmediate(read);
       })();`,
      { eval: true, workerData: join(link, "name") },
    );
    const met = new Set<unknown>();
    reader.on("message", (what) => met.add(what));
    await once(reader, "message");
    // A reader that had no processor meanwhile has raced nothing.
    for (let swap = 0; swap < SWAPS || met.size < 2; swap += 1)
      await swapSymlink({ target: join(directory, swap % 2 === 0 ? "b" : "a"), link });
    reader.postMessage("stop");
    const seen = await new Promise<Record<string, number>>((resolve) => {
      reader.on("message", (what: string | Record<string, number>) => typeof what === "object" && resolve(what));
    });
    await reader.terminate();
    expect(Object.keys(seen).toSorted()).toEqual(["a", "b"]);
    expect(Object.values(seen).reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(READS);
    expect((await readdir(directory)).toSorted()).toEqual(["a", "b", "current"]);
  }));
