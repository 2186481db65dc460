import { readlink } from "node:fs/promises";

/** Where a link of ours points; undefined where there is none. */
export async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch {
    return undefined;
  }
}
