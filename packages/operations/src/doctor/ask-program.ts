import { runCommand } from "@oroboros/host";

const DEADLINE_MS = 20_000;
const ENVIRONMENT = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/", LC_ALL: "C.UTF-8", SYSTEMD_COLORS: "0" };

/** What one of the host's programs says, and whether it went well; a program that is not there says nothing. */
export async function askProgram(
  argv: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Promise<{ ok: boolean; stdout: string }> {
  const spec = { argv, cwd: "/", env: { ...ENVIRONMENT, ...env }, timeoutMs: DEADLINE_MS };
  const result = await runCommand(spec).catch(() => null);
  return { ok: result?.exitCode === 0, stdout: result?.stdout ?? "" };
}
