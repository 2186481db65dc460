import { constants } from "node:fs";
import { open, readlink, type FileHandle } from "node:fs/promises";

const ABSENT = new Set(["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "ENXIO"]);

/**
 * Opens the directory that `root` leads to right now, or undefined where it leads nowhere. Everything read through the handle
 * comes from that one build, however often the link is switched meanwhile.
 */
export const openBuild = (root: string): Promise<FileHandle | undefined> =>
  openIfPresent(root, constants.O_RDONLY | constants.O_DIRECTORY);

/**
 * Opens a regular file of a build. What a link leads to counts only where it lies inside the build: that is asked of the open
 * file, because a path that was checked before it is opened can be swapped in between.
 */
export async function openBuildFile(build: FileHandle, path: string): Promise<FileHandle | undefined> {
  const folder = descriptorPath(build);
  // Without O_NONBLOCK a FIFO would hold the thread until somebody writes to it.
  const file = await openIfPresent(`${folder}/${path}`, constants.O_RDONLY | constants.O_NONBLOCK);
  if (file === undefined) return undefined;
  const [base, place, stats] = await Promise.all([readlink(folder), readlink(descriptorPath(file)), file.stat()]);
  if (place.startsWith(`${base}/`) && stats.isFile()) return file;
  await file.close();
  return undefined;
}

const descriptorPath = (handle: FileHandle): string => `/proc/self/fd/${handle.fd}`;

async function openIfPresent(path: string, flags: number): Promise<FileHandle | undefined> {
  try {
    return await open(path, flags);
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
