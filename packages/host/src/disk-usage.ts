import { runCommand } from "./run-command.ts";

const TIMEOUT_MS = 60_000;

/** How many bytes of the disk each of these directories takes, each file counted once; one that is not there takes none. */
export async function diskUsage(paths: readonly string[]): Promise<Map<string, number>> {
  const sizes = new Map(paths.map((path) => [path, 0]));
  if (paths.length === 0) return sizes;
  const { stdout } = await runCommand({
    // du(1) fails where something went away under it, and still says the rest.
    argv: ["du", "--summarize", "--block-size=1", "--one-file-system", "--null", "--", ...paths],
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
    timeoutMs: TIMEOUT_MS,
  });
  for (const line of stdout.split("\0")) {
    const [bytes, path] = line.split("\t", 2);
    if (path !== undefined && sizes.has(path)) sizes.set(path, Number(bytes));
  }
  return sizes;
}
