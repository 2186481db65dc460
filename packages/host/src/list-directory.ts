import { readdir } from "node:fs/promises";
import { handlePath, openDirectory } from "./open-confined.ts";

/**
 * The names in a directory that somebody else may write to, reached without following a link.
 *
 * @throws OperatorError `path_refused`, `path_not_found`.
 */
export async function listDirectory(path: string): Promise<string[]> {
  const directory = await openDirectory(path);
  try {
    return await readdir(handlePath(directory));
  } finally {
    await directory.close();
  }
}
