import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Owner } from "./stage.ts";

const DEFAULT_MODE = 0o644;
const RANDOM_BYTES = 6;

/**
 * Replaces a file as a whole: whoever reads it, or whatever is left after a crash, is the old content or the new one. Mode and owner
 * are the new file's before it has the name.
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  { mode = DEFAULT_MODE, owner }: { mode?: number; owner?: Owner | undefined } = {},
): Promise<void> {
  const beside = besideOf(path);
  try {
    const file = await open(beside, "wx", mode);
    try {
      if (owner !== undefined) await file.chown(owner.uid, owner.gid);
      // The umask took bits away when the file was made.
      await file.chmod(mode);
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** A name in the same directory, so that the rename stays within one file system. */
export const besideOf = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${randomBytes(RANDOM_BYTES).toString("hex")}`);

/** Whether a path is one that {@link besideOf} gives for another. */
export function isBeside(path: string, of: string): boolean {
  const prefix = join(dirname(of), `.${basename(of)}.`);
  return (
    path.startsWith(prefix) &&
    /^[0-9a-f]+$/.test(path.slice(prefix.length)) &&
    path.length === prefix.length + 2 * RANDOM_BYTES
  );
}

/** A rename is durable only once its directory is (fsync(2)). */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
