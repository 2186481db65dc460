import { spawn } from "node:child_process";
import { constants, statSync } from "node:fs";
import { type FileHandle, link, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { OperatorError } from "@oroboros/slot-contract";
import { isErrno } from "./open-confined.ts";
import { besideOf } from "./write-file-atomic.ts";

/** flock(1)'s exit status where somebody else holds the lock; 1 would be any failure. */
const HELD = 75;
/** Who may come into the directory may lock: its mode says who that is. */
const MODE = 0o666;
const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
// A fifo that lies there instead is not waited for.
const OPEN_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;

/**
 * Waits for a kernel lock and holds it until it is disposed of, or this process dies, however it dies. The lock belongs to the open
 * file, which is this process's alone: flock(1) only takes it (flock(2)).
 *
 * @throws OperatorError `being_changed` where somebody else holds it for longer than that; the signal's reason.
 */
export async function takeLock(
  path: string,
  { what, waitMs, signal }: { what: string; waitMs: number; signal?: AbortSignal | undefined },
): Promise<AsyncDisposable> {
  signal?.throwIfAborted();
  const file = await openLock(path);
  try {
    const exitCode = await flock(file, waitMs, signal);
    signal?.throwIfAborted();
    if (exitCode === HELD) throw heldByOther(what, path, waitMs);
    if (exitCode !== 0) throw new Error(`flock could not lock ${path}: exit status ${exitCode}`);
  } catch (error) {
    await file.close();
    throw error;
  }
  return { [Symbol.asyncDispose]: () => file.close() };
}

/** Whoever makes it first, root or the directory's owner: the other one can open it all the same. */
async function openLock(path: string): Promise<FileHandle> {
  try {
    return await open(path, OPEN_FLAGS);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
  const beside = besideOf(path);
  const made = await open(beside, "wx", MODE);
  try {
    const { uid, gid } = statSync(dirname(path));
    if (process.geteuid?.() === 0) await made.chown(uid, gid);
    await made.chmod(MODE);
    await link(beside, path).catch((error: unknown) => {
      if (!isErrno(error, "EEXIST")) throw error;
    });
  } finally {
    await made.close();
    await rm(beside, { force: true });
  }
  return open(path, OPEN_FLAGS);
}

function flock(file: FileHandle, waitMs: number, signal: AbortSignal | undefined): Promise<number | null> {
  const args = ["--exclusive", "--conflict-exit-code", String(HELD), "--timeout", String(waitMs / 1_000), "3"];
  return new Promise((resolve, reject) => {
    const child = spawn("flock", args, {
      stdio: ["ignore", "ignore", "ignore", file.fd],
      env: { PATH: "/usr/bin:/bin" },
    });
    const end = (): void => void child.kill("SIGKILL");
    if (signal?.aborted === true) end();
    signal?.addEventListener("abort", end, { once: true });
    child.once("error", reject);
    child.once("exit", (code) => {
      signal?.removeEventListener("abort", end);
      resolve(code);
    });
  });
}

const heldByOther = (what: string, path: string, waitMs: number): OperatorError =>
  new OperatorError("being_changed", `Somebody else has been at work with ${what} for more than ${waitMs / 1_000} s.`, {
    hint: `See who with: lslocks --notruncate | grep ${path}`,
  });
