import { chmodSync, chownSync, constants, lchownSync, linkSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { OperatorError } from "@oroboros/slot-contract";
import { isErrno } from "./open-confined.ts";
import { removeTree } from "./remove-tree.ts";
import { runCommand } from "./run-command.ts";

const COPY_DEADLINE_MS = 120_000;

export interface Owner {
  uid: number;
  gid: number;
}

/** Makes a directory with exactly this mode and, where one is named, owner; its missing parents are traversable. */
export function makeDirectory(path: string, { mode, owner }: { mode: number; owner?: Owner | undefined }): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  mkdirSync(path, { recursive: true });
  setAccess(path, { mode, owner });
}

/** Gives a path of ours its owner and, independent of the umask, its mode. */
export function setAccess(path: string, { mode, owner }: { mode: number; owner?: Owner | undefined }): void {
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
  // After chown, which clears the setgid bit.
  chmodSync(path, mode);
}

/** Puts a file of ours where other users can reach it: as a hard link, or a copy where the file system is another one. */
export async function stageFile(from: string, to: string, mode: number): Promise<void> {
  mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
  try {
    linkSync(from, to);
  } catch {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    chmodSync(to, mode);
  }
}

/**
 * Copies a directory of our own making, links as they are, sharing the files' content where the file system can. Not for anything a
 * branch can touch: see `syncSurface`.
 */
export async function stageTree(from: string, to: string): Promise<void> {
  const failure = await copyTree(from, to, ["--reflink=auto"]);
  if (failure !== undefined) throw new Error(`cp could not copy ${from}: ${failure}`);
}

/**
 * {@link stageTree} for files that nobody writes to again, neither here nor there: hard links where both lie on one file system,
 * which costs a tenth of copying them.
 */
export async function linkTree(from: string, to: string): Promise<void> {
  if ((await copyTree(from, to, ["--link"])) === undefined) return;
  await removeTree(to);
  await stageTree(from, to);
}

/** Undefined, or what cp had against it. */
async function copyTree(from: string, to: string, how: readonly string[]): Promise<string | undefined> {
  mkdirSync(to, { recursive: true, mode: 0o755 });
  const { exitCode, stderr } = await runCommand({
    argv: ["cp", "-R", "--no-dereference", "--preserve=mode,timestamps,links", ...how, "--", `${from}/.`, to],
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
    timeoutMs: COPY_DEADLINE_MS,
  });
  return exitCode === 0 ? undefined : stderr.trim();
}

/** Gives a whole tree of our own making to another user; links are not followed. */
export function chownTree(path: string, owner: Owner): void {
  lchownSync(path, owner.uid, owner.gid);
  if (!lstatSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) chownTree(join(path, name), owner);
}

/**
 * Makes a directory that must not exist yet. False where something has that name already, so that of two callers one wins.
 */
export function makeNewDirectory(path: string, mode: number): boolean {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    if (isErrno(error, "EEXIST")) return false;
    if (!isErrno(error, "ENOENT")) throw error;
    throw new OperatorError("path_not_found", `${dirname(path)} does not exist.`, {
      hint: "Make it, or name a directory below an existing one.",
    });
  }
}

/** Whether `path` is a directory, not a link to one, that belongs to this user. */
export function isOwnDirectory(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === process.geteuid?.();
}

/** The names in a directory. */
export const entriesOf = (path: string): string[] => readdirSync(path);
