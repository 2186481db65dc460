import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { removeTree } from "./remove-tree.ts";
import { takeLock } from "./take-lock.ts";

const WHAT = { what: "a thing", waitMs: 60_000 };
let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "oroboros-lock-"));
  path = join(directory, "a.lock");
});
afterEach(() => removeTree(directory));

test("of many at once, in this process and in others, one holds the lock at a time", async () => {
  const log = join(directory, "log");
  await writeFile(log, "");
  const script = `flock "${path}" sh -c 'test ! -s "${log}"; echo $?; echo x >"${log}"; sleep 0.02; : >"${log}"'`;
  let inside = 0;
  const own = async (): Promise<string> => {
    await using _lock = await takeLock(path, WHAT);
    inside += 1;
    const seen = inside;
    await writeFile(log, "mine");
    await writeFile(log, "");
    inside -= 1;
    return seen === 1 ? "0" : "1";
  };
  const others = async (): Promise<string> => {
    const child = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
    // It goes on writing after it has said what it saw.
    const closed = once(child, "close");
    const [said] = (await once(child.stdout, "data")) as [Buffer];
    await closed;
    return said.toString().trim();
  };
  await own();
  const seen = await Promise.all(Array.from({ length: 12 }, (_, index) => (index % 3 === 0 ? others() : own())));
  expect(seen).toEqual(Array.from({ length: 12 }, () => "0"));
});

test("a lock ends with the process that held it, however that one ended", async () => {
  const source = `const { takeLock } = await import(${JSON.stringify(import.meta.resolve("./take-lock.ts"))});
    await takeLock(${JSON.stringify(path)}, ${JSON.stringify(WHAT)}); console.log("held"); setInterval(() => {}, 1000);`;
  const node = ["--conditions=oroboros-source", "--input-type=module", "-e", source];
  const holder = spawn(process.execPath, node, { stdio: ["ignore", "pipe", "inherit"] });
  await once(holder.stdout, "data");
  await expect(takeLock(path, { ...WHAT, waitMs: 200 })).rejects.toMatchObject({ code: "being_changed" });
  holder.kill("SIGKILL");
  await using _lock = await takeLock(path, WHAT);
});

test("whoever gives up waiting leaves the lock to the others", async () => {
  const held = await takeLock(path, WHAT);
  const gone = new AbortController();
  const waiting = takeLock(path, { ...WHAT, signal: gone.signal });
  gone.abort(new Error("canceled"));
  const canceledAt = performance.now();
  await expect(waiting).rejects.toThrow("canceled");
  expect(performance.now() - canceledAt).toBeLessThan(WHAT.waitMs / 2);
  await expect(takeLock(path, { ...WHAT, signal: gone.signal })).rejects.toThrow("canceled");
  await held[Symbol.asyncDispose]();
  await using _lock = await takeLock(path, WHAT);
});

test("what root makes in somebody's directory is that one's, and a link there is not followed", async () => {
  const owner = await stat(directory);
  await chmod(directory, 0o700);
  const lock = await takeLock(path, WHAT);
  await lock[Symbol.asyncDispose]();
  expect(await stat(path)).toMatchObject({ uid: owner.uid, gid: owner.gid, mode: 0o100666 });
  await symlink("/etc/passwd", join(directory, "link"));
  await expect(takeLock(join(directory, "link"), WHAT)).rejects.toThrow("ELOOP");
});
