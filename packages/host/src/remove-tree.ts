import { runCommand } from "./run-command.ts";

const DEADLINE_MS = 120_000;
const REMOVE = ["rm", "-rf", "--one-file-system", "--"] as const;
/** Directories in which every user may leave files. */
const SHARED = ["/tmp", "/var/tmp", "/dev/shm"] as const;

/**
 * Removes a file, a link or a whole tree; one that is not there is fine. coreutils' rm walks by directory handles and follows
 * no link, which Node's does not promise while the tree is being changed. The parents of `paths` have to be trusted.
 */
export async function removeTree(...paths: readonly string[]): Promise<void> {
  if (paths.length > 0) await remove(paths.join(", "), [...REMOVE, ...paths]);
}

/** Leaves the directory itself as it is. */
export const emptyDirectory = (path: string): Promise<void> => remove(`everything in ${path}`, entriesOf([path]));

/** Removes what a user, of whom no process is left, has in the directories that everybody shares. */
export const removeOwned = (uid: number): Promise<void> =>
  remove(`what user ${uid} left in ${SHARED.join(", ")}`, entriesOf(SHARED, ["-uid", String(uid)]));

/**
 * find(1) hands rm as many names at a time as an argument list takes, however many there are and whatever bytes they are made
 * of. What others remove from a shared directory meanwhile is no error.
 */
function entriesOf(directories: readonly string[], tests: readonly string[] = []): [string, ...string[]] {
  const where = [...directories, "-ignore_readdir_race", "-mindepth", "1", "-maxdepth", "1"];
  return ["find", "-H", ...where, ...tests, "-exec", ...REMOVE, "{}", "+"];
}

async function remove(what: string, argv: readonly [string, ...string[]]): Promise<void> {
  const { exitCode, timedOut, stderr } = await runCommand({
    argv,
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
    timeoutMs: DEADLINE_MS,
  });
  if (timedOut) throw new Error(`${argv[0]} could not remove ${what} within ${DEADLINE_MS / 1000} s`);
  if (exitCode !== 0) throw new Error(`${argv[0]} could not remove ${what}: ${stderr.trim()}`);
}
