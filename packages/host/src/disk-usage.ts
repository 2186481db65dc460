import { runCommand } from "./run-command.ts";

const TIMEOUT_MS = 60_000;
/** What du(1) says where something went away under it; it has said the rest by then. */
const EXIT_CODES: readonly (number | null)[] = [0, 1];

/**
 * How many bytes of the disk each of these directories takes, each file counted once; one that is not there takes none. Undefined
 * where it could not be found out, as when that took longer than a minute.
 */
export async function diskUsage(
  paths: readonly string[],
  run: typeof runCommand = runCommand,
): Promise<Map<string, number> | undefined> {
  const sizes = new Map(paths.map((path) => [path, 0]));
  if (paths.length === 0) return sizes;
  const { stdout, exitCode, timedOut, truncated } = await run({
    argv: ["du", "--summarize", "--block-size=1", "--one-file-system", "--null", "--", ...paths],
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
    timeoutMs: TIMEOUT_MS,
  });
  if (timedOut || truncated || !EXIT_CODES.includes(exitCode)) return undefined;
  for (const line of stdout.split("\0")) {
    const [bytes, path] = line.split("\t", 2);
    if (path !== undefined && sizes.has(path)) sizes.set(path, Number(bytes));
  }
  return sizes;
}
