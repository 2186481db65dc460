import type { TreeEntry } from "./source-reader.ts";

/** An entry of a directory, with its name relative to that directory. */
export interface EntryBelow extends TreeEntry {
  name: string;
}

/** What a commit holds below a directory of the application; `.` and an empty piece stand for where they are. */
export function entriesBelow(tree: readonly TreeEntry[], directory: string): EntryBelow[] {
  const pieces = directory.split("/").filter((piece) => piece !== "" && piece !== ".");
  const prefix = pieces.map((piece) => `${piece}/`).join("");
  return tree
    .filter(({ path }) => path.startsWith(prefix))
    .map((entry) => ({ ...entry, name: entry.path.slice(prefix.length) }));
}
