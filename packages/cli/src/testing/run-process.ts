import { execFile } from "node:child_process";
import { join } from "node:path";
import type { CommandResult } from "./run-here.ts";

const MAIN = join(import.meta.dirname, "../main.ts");

/** The command line as a process of its own, with nothing of the test's environment. */
export function runProcess(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const node = ["--conditions=oroboros-source", MAIN, ...argv];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, node, { env: environment, timeout: 110_000 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== "number") return reject(error);
      resolve({ exitCode: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}
