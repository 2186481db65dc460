import { readdirSync, type Dirent } from "node:fs";
import { join, relative } from "node:path";
import { isErrno } from "./open-confined.ts";

/** Every regular file in a tree of ours, by its path below the root, sorted. Links are neither listed nor followed; none where there is no such tree. */
export function filesBelow(root: string): string[] {
  return entries(root)
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .toSorted();
}

function entries(root: string): Dirent[] {
  try {
    return readdirSync(root, { withFileTypes: true, recursive: true });
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}
