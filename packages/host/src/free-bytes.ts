import { statfs } from "node:fs/promises";

/** How many bytes an ordinary user may still write to the file system of this path; undefined where there is no such path. */
export async function freeBytes(path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
