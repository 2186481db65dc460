import { statfs } from "node:fs/promises";

export interface DiskRoom {
  /** What an ordinary user may still write. */
  freeBytes: number;
  totalBytes: number;
}

/** The room on the file system that holds a path. */
export async function diskRoom(path: string): Promise<DiskRoom> {
  const { bavail, blocks, bsize } = await statfs(path);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}
