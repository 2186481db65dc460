import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { eventually, portsOf, takePortOffset, withTempDir } from "@oroboros/test-support";
import { expect, onTestFinished, test } from "vitest";
import { openCappedLog, tailLines } from "./capped-log.ts";
import { openAppendLog } from "./append-log.ts";
import { portListener } from "./port-listener.ts";
import { holdLock } from "./process-lock.ts";
import { killProcesses, listProcesses } from "./process-table.ts";
import { linkTree, makeDirectory, stageFile, stageTree } from "./stage.ts";

const neverLost = (error: unknown): never => {
  throw error;
};

test("a port's listener is named; a free port has none", async () => {
  const server = createServer();
  // Nobody else may come to listen on it once it is free.
  const [port = 0] = portsOf(await takePortOffset());
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  expect(portListener(port)).toEqual({
    uid: process.geteuid?.(),
    pid: process.pid,
    command: "node",
  });
  await new Promise((resolve) => server.close(resolve));
  expect(portListener(port)).toBeUndefined();
});

test("a lock is held against others, names its holder, and is free once released", () =>
  withTempDir(async (directory) => {
    const path = join(directory, "lock");
    const lock = await holdLock(path, "The thing");
    await expect(holdLock(path, "The thing")).rejects.toMatchObject({
      code: "already_running",
      message: `The thing is already running with pid ${process.pid}.`,
    });
    lock.release();
    const again = await eventually(() => holdLock(path, "The thing"), { deadlineMs: 60_000 });
    again.release();
  }));

test("killing goes on until nothing that matches is left, children made meanwhile included", async () => {
  const child = spawn("sh", ["-c", "while :; do sleep 1000 & sleep 0.01; done"], { detached: true, stdio: "ignore" });
  const session = (entry: { sessionId: number }): boolean => entry.sessionId === child.pid;
  onTestFinished(() => void child.kill("SIGKILL"));
  await eventually(() => listProcesses().filter(session).length > 3, { deadlineMs: 60_000 });
  await killProcesses(session, 60_000);
  expect(listProcesses().filter(session)).toEqual([]);
});

test("a capped log starts a new file and keeps the one before", () =>
  withTempDir(async (directory) => {
    const path = join(directory, "log");
    const log = openCappedLog(path, 12, neverLost);
    for (const line of ["one\n", "two\n", "three\n", "four\n"]) log.write(Buffer.from(line));
    log.close();
    expect(await readFile(`${path}.1`, "utf8")).toBe("one\ntwo\n");
    expect(await tailLines(path, 1)).toEqual(["four"]);
    expect(await tailLines(path, 10)).toEqual(["three", "four"]);
    expect(await tailLines(join(directory, "missing"), 10)).toEqual([]);
  }));

test("an append log says how many lines did not fit", () =>
  withTempDir(async (directory) => {
    const path = join(directory, "made/log");
    const log = await openAppendLog(path, { maxBytes: 8 });
    for (const line of ["one\n", "two\n", "three\n"]) log.write(line);
    const size = await log.close();
    const text = await readFile(path, "utf8");
    expect(text).toBe('one\ntwo\n{"event":"truncated","lines_missing":1}\n');
    expect(size).toBe(text.length);
  }));

test("a made directory has its mode whatever the umask; what is staged keeps its content", () =>
  withTempDir(async (directory) => {
    makeDirectory(join(directory, "a/b"), { mode: 0o2750 });
    expect(((await stat(join(directory, "a/b"))).mode & 0o7777).toString(8)).toBe("2750");
    await stageFile(import.meta.filename, join(directory, "bin/sh"), 0o755);
    expect(await readFile(join(directory, "bin/sh"))).toEqual(await readFile(import.meta.filename));
    await stageTree(join(directory, "bin"), join(directory, "copy"));
    expect(await readFile(join(directory, "copy/sh"))).toEqual(await readFile(import.meta.filename));
  }));

test("a linked tree shares its files where it can, and is a copy on another file system", () =>
  withTempDir(async (directory) => {
    await mkdir(join(directory, "from/bin"), { recursive: true });
    await writeFile(join(directory, "from/bin/tool"), "tool", { mode: 0o755 });
    const { ino } = await stat(join(directory, "from/bin/tool"));
    await linkTree(join(directory, "from"), join(directory, "to"));
    expect((await stat(join(directory, "to/bin/tool"))).ino).toBe(ino);
    const elsewhere = await mkdtemp(join(await onAnotherFileSystem(directory), "oroboros-link-"));
    try {
      await linkTree(join(directory, "from"), join(elsewhere, "to"));
      expect(await readFile(join(elsewhere, "to/bin/tool"), "utf8")).toBe("tool");
      expect((await stat(join(elsewhere, "to/bin/tool"))).mode & 0o777).toBe(0o755);
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  }));

/** Where temporary files lie, memory or a disk, is for whoever starts the tests to say. */
async function onAnotherFileSystem(directory: string): Promise<string> {
  const { dev } = await stat(directory);
  for (const candidate of ["/dev/shm", "/var/tmp", import.meta.dirname])
    if ((await stat(candidate)).dev !== dev) return candidate;
  throw new Error("This machine has one file system only.");
}
