import { runCommand } from "@oroboros/host";

const DEADLINE_MS = 10_000;
/** diff(1): 0 where the inputs are the same, 1 where they differ. */
const DIFFERENT = 1;

/**
 * The unified difference between a file and what it is to be; a password in an address is not shown.
 *
 * @param context how many lines around each change; 0 for a file that holds secrets.
 */
export async function difference(path: string, whole: string, context: number): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand({
    argv: ["diff", `-U${context}`, "--label", path, "--label", `${path} (rendered)`, "--", path, "-"],
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8" },
    timeoutMs: DEADLINE_MS,
    input: whole,
  });
  if (exitCode !== 0 && exitCode !== DIFFERENT) throw new Error(`diff could not compare ${path}: ${stderr.trim()}`);
  return withoutPasswords(stdout);
}

/** The userinfo of a URL (RFC 3986), but for the user's name. */
const withoutPasswords = (text: string): string => text.replaceAll(/(:\/\/[^:@/\s]*:)[^@/\s]+@/g, "$1***@");
