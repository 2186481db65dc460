import { readFile } from "node:fs/promises";
import { OperatorError } from "@oroboros/slot-contract";
import { isErrno } from "./open-confined.ts";

/**
 * The text of one of the operator's own files; undefined where there is none. Links are followed: use `readConfined` where
 * somebody else may write.
 *
 * @throws OperatorError `path_refused` where this user may not read it.
 */
export async function readTextFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (isErrno(cause, "ENOENT", "ENOTDIR")) return undefined;
    if (!isErrno(cause, "EACCES", "EPERM")) throw cause;
    throw new OperatorError("path_refused", `This user may not read ${path}.`, {
      hint: "Run the command as root.",
      cause,
    });
  }
}
