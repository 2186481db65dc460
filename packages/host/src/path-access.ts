import { lstatSync } from "node:fs";

/** What lies at a path, itself: a link is not followed. */
export interface PathAccess {
  kind: "file" | "directory" | "link" | "other";
  uid: number;
  gid: number;
  /** Permission bits, with setuid, setgid and sticky. */
  mode: number;
}

/** Undefined where there is nothing. */
export function pathAccess(path: string): PathAccess | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  const kind = stat.isFile() ? "file" : stat.isDirectory() ? "directory" : stat.isSymbolicLink() ? "link" : "other";
  return { kind, uid: stat.uid, gid: stat.gid, mode: stat.mode & 0o7777 };
}
