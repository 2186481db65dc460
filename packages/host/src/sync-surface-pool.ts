import { createHash, hash } from "node:crypto";
import { closeSync, fchmodSync, linkSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "./open-confined.ts";
import { makeDirectory } from "./stage.ts";
import { type Pace, startPace } from "./sync-surface-pace.ts";

export const FILE_MODE = 0o444;
const POOL_MODE = 0o700;
const BUFFER_BYTES = 1024 * 1024;

/** Files that are never written again, each named by the SHA-256 of its content; surfaces are made of hard links to them. */
export type SurfacePool = Readonly<{ shelf: string; buffer: Buffer; pace: Pace }>;
export type Placed = "written" | "linked";

/**
 * Nothing here is flushed to the disk, so a power cut may leave a file that is not what its name says. Each boot of the machine
 * therefore has a shelf of its own and links to no file of an earlier one.
 */
export function openPool(pool: string): SurfacePool {
  const shelf = join(pool, bootId());
  makeDirectory(pool, { mode: POOL_MODE });
  makeDirectory(shelf, { mode: POOL_MODE });
  return { shelf, buffer: Buffer.allocUnsafeSlow(BUFFER_BYTES), pace: startPace() };
}

export const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();

/**
 * Makes `to` a file with what the first `size` bytes of an open file are at this moment. They are hashed from memory, the same
 * bytes that are then stored: the file may change all the while.
 */
export async function placeContent(source: number, size: number, to: string, pool: SurfacePool): Promise<Placed> {
  if (size > pool.buffer.length) return placeLargeContent(source, size, to, pool);
  const content = pool.buffer.subarray(0, readChunk(source, 0, size, pool.buffer));
  const pooled = `${pool.shelf}/${hash("sha256", content)}`;
  if (isLinked(pooled, to)) return "linked";
  const target = openSync(to, "wx", FILE_MODE);
  try {
    writeChunk(target, content);
    fchmodSync(target, FILE_MODE);
  } finally {
    closeSync(target);
  }
  takeIn(to, pooled);
  return "written";
}

/** What does not fit into memory is read twice at most: once for its name, and where that is new, once more while it is stored. */
async function placeLargeContent(source: number, size: number, to: string, pool: SurfacePool): Promise<Placed> {
  if (isLinked(`${pool.shelf}/${await hashChunks(source, size, pool)}`, to)) return "linked";
  const target = openSync(to, "wx", FILE_MODE);
  try {
    const digest = await hashChunks(source, size, pool, (chunk) => writeChunk(target, chunk));
    fchmodSync(target, FILE_MODE);
    takeIn(to, `${pool.shelf}/${digest}`);
    return "written";
  } finally {
    closeSync(target);
  }
}

async function hashChunks(
  source: number,
  size: number,
  { buffer, pace }: SurfacePool,
  onChunk: (chunk: Buffer) => void = () => undefined,
): Promise<string> {
  const digest = createHash("sha256");
  for (let at = 0; at < size;) {
    const chunk = buffer.subarray(0, readChunk(source, at, Math.min(size - at, buffer.length), buffer));
    if (chunk.length === 0) break;
    digest.update(chunk);
    onChunk(chunk);
    at += chunk.length;
    await pace();
  }
  return digest.digest("hex");
}

/** Fills the buffer as far as the file goes. */
function readChunk(source: number, position: number, length: number, buffer: Buffer): number {
  let filled = 0;
  while (filled < length) {
    const read = readSync(source, buffer, filled, length - filled, position + filled);
    if (read === 0) break;
    filled += read;
  }
  return filled;
}

function writeChunk(target: number, chunk: Buffer): void {
  for (let written = 0; written < chunk.length;) written += writeSync(target, chunk, written);
}

/** False where the pool has no such file, or one that has as many names as the file system allows. */
function isLinked(pooled: string, to: string): boolean {
  try {
    linkSync(pooled, to);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT", "EMLINK")) return false;
    throw error;
  }
}

/**
 * Only a file that is complete gets a name in the pool. Where somebody else's copy has that name by now, this one stays alone.
 */
function takeIn(file: string, pooled: string): void {
  try {
    linkSync(file, pooled);
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
  }
}
