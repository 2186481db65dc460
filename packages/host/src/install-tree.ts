import { copyFile, chmod, chown, open, readdir, rename, rm } from "node:fs/promises";
import { constants, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { runCommand } from "./run-command.ts";
import { besideOf, isBeside, syncDirectory } from "./write-file-atomic.ts";

const DEADLINE_MS = 120_000;

/**
 * Copies a program of the operator's to a place that names its version, once: what is there already stays. A copy, not a link: whoever
 * owns the clone could go on writing to a linked file.
 */
export async function installProgram(from: string, to: string): Promise<void> {
  await removeLeftOver(to);
  if (existsSync(to)) return;
  mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
  const beside = besideOf(to);
  try {
    await copyFile(from, beside, constants.COPYFILE_FICLONE);
    await chown(beside, process.geteuid?.() ?? 0, process.getegid?.() ?? 0);
    await chmod(beside, 0o755);
    await syncFile(beside);
    await rename(beside, to);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  await syncDirectory(dirname(to));
}

/** Copies that were killed: each is as big as the program. */
async function removeLeftOver(to: string): Promise<void> {
  const directory = dirname(to);
  const names = existsSync(directory) ? await readdir(directory) : [];
  const copies = names.map((name) => join(directory, name)).filter((path) => isBeside(path, to));
  await Promise.all(copies.map((path) => rm(path)));
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Lets every user read a tree of ours, and enter its directories, and only its owner write to it, whatever the umask was. */
export const openTree = (path: string): Promise<void> => run(["chmod", "-R", "u=rwX,go=rX", "--", path]);

/**
 * Gives a directory that is complete its name: after a crash it is there as a whole or not at all. Nothing may have that name yet.
 */
export async function putDirectory(from: string, to: string): Promise<void> {
  // Its files as well: syncfs(2), one call for some hundreds of them.
  await run(["sync", "--file-system", "--", from]);
  await rename(from, to);
  await syncDirectory(dirname(to));
}

async function run(argv: [string, ...string[]]): Promise<void> {
  const env = { PATH: "/usr/bin:/bin", LC_ALL: "C" };
  const { exitCode, timedOut, stderr } = await runCommand({ argv, cwd: "/", env, timeoutMs: DEADLINE_MS });
  if (exitCode === 0) return;
  throw new Error(`${argv.join(" ")} failed: ${timedOut ? `no end within ${DEADLINE_MS / 1000} s` : stderr.trim()}`);
}
