import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { openDirectory } from "./open-confined.ts";
import { removeTree } from "./remove-tree.ts";
import { keepAssets } from "./sync-surface-kept.ts";
import { writeFilesNote } from "./sync-surface-note.ts";
import { openPool } from "./sync-surface-pool.ts";
import { finishAs, takeOver } from "./sync-surface-recycle.ts";
import { makeSurfaceDirectory, syncDirectory, type SurfaceLimits, type SurfaceTally } from "./sync-surface-tree.ts";

export type SurfaceSource = Readonly<{
  /** The build: a directory that somebody hostile may be changing meanwhile. */
  from: string;
  /** The directory to make; it must not exist. */
  to: string;
  /** A directory of ours on the same file system, for this alone. */
  pool: string;
  /** The surface that is live now, if any; one that this function made. */
  previous?: string | undefined;
  /**
   * A surface of the same file system that nobody serves any more and never will again, to be changed into the new one, which
   * saves a link for each file that did not change. It is no surface afterwards, whether this succeeds or not.
   */
  recycle?: string | undefined;
  limits: SurfaceLimits;
}>;

/** `files` and `bytes` are the build's, `written` and `linked` are parts of `files`; `kept` come on top. */
export type SyncedSurface = Readonly<{ files: number; bytes: number; written: number; linked: number; kept: number }>;

/**
 * Makes a surface of a build in which every file is a hard link to a read-only file in the
 * pool: what the pool has already is not written again. Content-hashed assets that only earlier builds had are linked as well, for
 * 20 builds, so that pages that are open still find theirs. Stops for others every few milliseconds.
 *
 * @throws OperatorError `path_refused`, naming the entry. Nothing is left at `to`.
 */
export async function syncSurface({
  from,
  to,
  pool,
  previous,
  recycle,
  limits,
}: SurfaceSource): Promise<SyncedSurface> {
  if (recycle !== undefined && (recycle === previous || recycle === to))
    throw new Error(`${recycle} is in use and can not be recycled`);
  const source = await openDirectory(from);
  try {
    const { uid } = await source.stat();
    mkdirSync(dirname(to), { recursive: true });
    makeSurfaceDirectory(to);
    return await orNothing([to, ...(recycle === undefined ? [] : [recycle])], async () => {
      const tally: SurfaceTally = { entries: 0, files: 0, bytes: 0, written: 0, linked: 0 };
      const opened = openPool(pool);
      const workplace = await takeOver(recycle, to, opened.pace);
      const digests = new Map<string, string>();
      const sync = { uid, limits, pool: opened, tally, held: workplace.held, digests };
      await syncDirectory({ fd: source.fd, path: from, to: workplace.path, below: "", depth: 0 }, sync);
      const { entries, ...synced } = tally;
      const room = { files: limits.maxFiles - entries, bytes: limits.maxBytes - synced.bytes };
      const kept = await keepAssets({ previous, to: workplace.path, room, pace: opened.pace });
      await writeFilesNote(workplace.path, digests, opened.pace);
      finishAs(to, workplace);
      return { ...synced, kept };
    });
  } finally {
    await source.close();
  }
}

async function orNothing<T>(made: readonly string[], make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    await removeTree(...made);
    throw error;
  }
}
