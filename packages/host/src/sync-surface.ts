import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { openDirectory } from "./open-confined.ts";
import { removeTree } from "./remove-tree.ts";
import { keepAssets } from "./sync-surface-kept.ts";
import { openPool } from "./sync-surface-pool.ts";
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
export async function syncSurface({ from, to, pool, previous, limits }: SurfaceSource): Promise<SyncedSurface> {
  const source = await openDirectory(from);
  try {
    const { uid } = await source.stat();
    mkdirSync(dirname(to), { recursive: true });
    makeSurfaceDirectory(to);
    return await orNothing(to, async () => {
      const tally: SurfaceTally = { entries: 0, files: 0, bytes: 0, written: 0, linked: 0 };
      const sync = { uid, limits, pool: openPool(pool), tally };
      await syncDirectory({ fd: source.fd, path: from, to, depth: 0 }, sync);
      const { entries, ...synced } = tally;
      const room = { files: limits.maxFiles - entries, bytes: limits.maxBytes - synced.bytes };
      return { ...synced, kept: await keepAssets({ previous, to, room, pace: sync.pool.pace }) };
    });
  } finally {
    await source.close();
  }
}

async function orNothing<T>(to: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    await removeTree(to);
    throw error;
  }
}
