import type { Environment } from "@oroboros/slot-contract";
import { runCli } from "../run-cli.ts";
import { systemClock } from "@oroboros/host";

export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** What a command shows while it takes long, and clears: whether it does is for this machine to say. */
const CLEARED = new RegExp(`[^\n]*\r${"\u001B"}\\[2K`, "g");

/**
 * The command line in this process, with an environment of its own and output that is, or is not, a terminal, on which is seen what
 * was not cleared again.
 */
export async function runHere(
  argv: readonly string[],
  environment: Environment = {},
  {
    isTerminal = false,
    uid = 0,
    showsCleared = false,
  }: { isTerminal?: boolean; uid?: number; showsCleared?: boolean } = {},
): Promise<CommandResult> {
  const output = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr") => ({ write: (text: string) => void (output[name] += text), isTerminal });
  const exitCode = await runCli(argv, {
    environment,
    fetch,
    clock: systemClock,
    stdout: stream("stdout"),
    stderr: stream("stderr"),
    user: { uid },
    nodePath: process.execPath,
    architecture: "x64",
    onInterrupt: () => () => undefined,
  });
  return { exitCode, ...output, ...(!showsCleared && { stderr: output.stderr.replaceAll(CLEARED, "") }) };
}

/** The one JSON object that is all of stdout. */
export function oneObject(stdout: string): Record<string, unknown> {
  if (!stdout.endsWith("\n") || stdout.slice(0, -1).includes("\n"))
    throw new Error(`not one line: ${JSON.stringify(stdout)}`);
  const value: unknown = JSON.parse(stdout);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`no object: ${stdout}`);
  return { ...value };
}
