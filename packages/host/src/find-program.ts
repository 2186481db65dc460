import { accessSync, constants, statSync } from "node:fs";
import { OperatorError } from "@oroboros/slot-contract";

/**
 * Where a program is, looked for as execvp(3) does.
 *
 * @throws OperatorError `start_failed` where there is none.
 */
export function findProgram(name: string, searchPath: string): string {
  if (name.includes("/")) return name;
  const found = searchPath
    .split(":")
    .map((directory) => `${directory}/${name}`)
    .find(isExecutable);
  if (found !== undefined) return found;
  throw new OperatorError("start_failed", `${name} could not be started: it is in none of ${searchPath}.`, {
    hint: "Check that the program is installed, and that an install step of oroboros.app.json brings it.",
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
