import { runCommand, type CommandResult } from "@oroboros/host";
import { OperatorError } from "@oroboros/slot-contract";

/** Longer than any unit of ours takes to start or to stop. */
const DEADLINE_MS = 180_000;
const ENVIRONMENT = {
  PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C.UTF-8",
  SYSTEMD_PAGER: "",
  SYSTEMD_COLORS: "0",
};
const TOLD_LINES = 8;

/** Runs one of the host's own programs as root; a failure is a result. */
export const runHostProgram = (argv: readonly [string, ...string[]]): Promise<CommandResult> =>
  runCommand({ argv, cwd: "/", env: ENVIRONMENT, timeoutMs: DEADLINE_MS });

/**
 * Runs one of the host's own programs that has to succeed.
 *
 * @throws OperatorError `unit_failed` with what it wrote.
 */
export async function requireHostProgram(argv: readonly [string, ...string[]], hint?: string): Promise<string> {
  const { exitCode, stdout, stderr } = await runHostProgram(argv);
  if (exitCode === 0) return stdout;
  const said = `${stderr}${stdout}`.trim().split("\n").slice(-TOLD_LINES).join("\n");
  throw new OperatorError("unit_failed", `${argv.join(" ")} failed: ${said || `exit status ${exitCode}`}`, {
    hint: hint ?? "Correct what it says and type the command again: what is done is not done twice.",
  });
}

/** @throws OperatorError `unit_failed`. */
export const systemctl = (...args: readonly string[]): Promise<string> =>
  requireHostProgram(
    ["systemctl", "--no-ask-password", ...args],
    hintFor(args.findLast((arg) => /\.[a-z]+$/.test(arg))),
  );

const hintFor = (unit: string | undefined): string | undefined =>
  unit === undefined ? undefined : `Look at it with: systemctl status ${unit} and journalctl --unit=${unit} --lines=50`;
