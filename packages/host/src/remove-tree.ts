import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "./open-confined.ts";
import { runCommand } from "./run-command.ts";

const DEADLINE_MS = 120_000;

/**
 * Removes a file, a link or a whole tree; one that is not there is fine. coreutils' rm walks by directory handles and follows
 * no link, which Node's does not promise while the tree is being changed. The parents of `paths` have to be trusted.
 */
export async function removeTree(...paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  const { exitCode, stderr } = await runCommand({
    argv: ["rm", "-rf", "--one-file-system", "--", ...paths],
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
    timeoutMs: DEADLINE_MS,
  });
  if (exitCode !== 0) throw new Error(`rm could not remove ${paths.join(", ")}: ${stderr.trim()}`);
}

/** Leaves the directory itself as it is. */
export async function emptyDirectory(path: string): Promise<void> {
  await removeTree(...(await readdir(path)).map((name) => join(path, name)));
}

/** Directories in which every user may leave files. */
const SHARED = ["/tmp", "/var/tmp", "/dev/shm"];

/** Removes what a user, of whom no process is left, has in the directories that everybody shares. */
export async function removeOwned(uid: number): Promise<void> {
  const names = await Promise.all(
    SHARED.map(async (directory) => (await readdir(directory)).map((name) => join(directory, name))),
  );
  const owned = await Promise.all(names.flat().map(async (path) => ((await ownerOf(path)) === uid ? [path] : [])));
  await removeTree(...owned.flat());
}

async function ownerOf(path: string): Promise<number | undefined> {
  try {
    return (await lstat(path)).uid;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
