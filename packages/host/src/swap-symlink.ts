import { rename, rm, symlink } from "node:fs/promises";
import { dirname } from "node:path";
import { besideOf, syncDirectory } from "./write-file-atomic.ts";

/** Points `link` at `target` by one rename: a reader finds the old target or the new one, never none. */
export async function swapSymlink({ target, link }: { target: string; link: string }): Promise<void> {
  const beside = besideOf(link);
  await symlink(target, beside);
  try {
    await rename(beside, link);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  await syncDirectory(dirname(link));
}
