import { readTextFile } from "@oroboros/host";
import { defineContract, etcPath, OperatorError, parseEnvFile } from "@oroboros/slot-contract";
import type { CommandContext } from "./command.ts";

/** The variables of one of the installation's env files; undefined where the file does not exist. */
export async function readInstallationFile(
  { input, world }: Pick<CommandContext, "input" | "world">,
  name: "cli.env" | "worker.env",
): Promise<{ path: string; variables: Record<string, string> | undefined }> {
  const root = input.optionalText("root") ?? world.environment["OROBOROS_ROOT"] ?? "/";
  const path = `${etcPath(defineContract({ root }))}/${name}`;
  const text = await readTextFile(path);
  return { path, variables: text === undefined ? undefined : parseEnvFile(text) };
}

export function notInstalled(path: string): OperatorError {
  return new OperatorError("not_installed", `There is no installation here: ${path} does not exist.`, {
    hint: "Name its directory with --root or OROBOROS_ROOT.",
  });
}
