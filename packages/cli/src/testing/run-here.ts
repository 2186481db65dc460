import type { Environment } from "@oroboros/slot-contract";
import { runCli } from "../run-cli.ts";
import { systemClock } from "@oroboros/host";

export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** The command line in this process, with an environment of its own and output that is, or is not, a terminal. */
export async function runHere(
  argv: readonly string[],
  environment: Environment = {},
  { isTerminal = false, uid = 0 }: { isTerminal?: boolean; uid?: number } = {},
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
  return { exitCode, ...output };
}

/** The one JSON object that is all of stdout. */
export function oneObject(stdout: string): Record<string, unknown> {
  if (!stdout.endsWith("\n") || stdout.slice(0, -1).includes("\n"))
    throw new Error(`not one line: ${JSON.stringify(stdout)}`);
  const value: unknown = JSON.parse(stdout);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`no object: ${stdout}`);
  return { ...value };
}
