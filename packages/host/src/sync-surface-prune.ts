import { lstatSync, readdirSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "./open-confined.ts";
import { readEntries, startPace } from "./sync-surface-pace.ts";
import { bootId } from "./sync-surface-pool.ts";

/**
 * Removes the files of a pool that no surface holds any more, and returns how many. Surfaces may be made meanwhile: one that
 * finds a file gone writes it again. A pool that is not there has none.
 */
export async function prunePool(pool: string): Promise<number> {
  const current = bootId();
  const pace = startPace();
  let removed = 0;
  for (const name of shelvesOf(pool)) {
    const shelf = join(pool, name);
    for (const entry of await readEntries(shelf, pace)) {
      if (removeUnheld(join(shelf, entry.name))) removed += 1;
      await pace();
    }
    if (name !== current) removeIfEmpty(shelf);
  }
  return removed;
}

function shelvesOf(pool: string): string[] {
  try {
    return readdirSync(pool);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}

/** A surface that links to the file between the two calls keeps it: only the pool's own name goes. */
function removeUnheld(path: string): boolean {
  try {
    if (lstatSync(path).nlink > 1) return false;
    unlinkSync(path);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTEMPTY")) throw error;
  }
}
