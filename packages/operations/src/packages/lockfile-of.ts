import type { TreeEntry } from "../git/source-reader.ts";

const LOCKFILE = "pnpm-lock.yaml";

/** The lockfile that pnpm reads in a directory of a commit: its own, or the nearest one above it. */
export function lockfileOf(tree: readonly TreeEntry[], directory: string): TreeEntry | undefined {
  const pieces = directory.split("/").filter((piece) => piece !== "" && piece !== ".");
  for (let depth = pieces.length; depth >= 0; depth -= 1) {
    const path = [...pieces.slice(0, depth), LOCKFILE].join("/");
    const found = tree.find((entry) => entry.path === path);
    if (found !== undefined) return found;
  }
  return undefined;
}
