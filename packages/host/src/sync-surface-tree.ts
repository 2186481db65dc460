import {
  chmodSync,
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  symlinkSync,
} from "node:fs";
import { normalize } from "node:path";
import { isErrno, pathRefused } from "./open-confined.ts";
import { KEPT_NOTE } from "./sync-surface-kept.ts";
import { FILES_NOTE, type Digests } from "./sync-surface-note.ts";
import { readEntries } from "./sync-surface-pace.ts";
import { clear, entriesHeld, type Unclaimed } from "./sync-surface-recycle.ts";
import { placeContent, type SurfacePool } from "./sync-surface-pool.ts";

const MAX_DEPTH = 64;
/** `/proc/self/fd`, without the link that every one of thousands of calls would follow. */
const HANDLES = `/proc/${process.pid}/fd`;
const DIRECTORY_MODE = 0o755;
const NOTES: readonly string[] = [KEPT_NOTE, FILES_NOTE];
const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

export type SurfaceTally = { entries: number; files: number; bytes: number; written: number; linked: number };
/** Of one build, its entries counted. */
export type SurfaceLimits = Readonly<{ maxBytes: number; maxFiles: number }>;

type Sync = Readonly<{
  uid: number;
  limits: SurfaceLimits;
  pool: SurfacePool;
  tally: SurfaceTally;
  /** What the files of a surface that is taken over hold, by path from its root. */
  held: Digests | undefined;
  /** What the files of the new one hold in the end. */
  digests: Digests;
}>;
type Source = Readonly<{ fd: number; path: string; to: string; below: string; depth: number }>;

/** Makes a directory that must not exist yet and that every user may read, whatever the umask. */
export function makeSurfaceDirectory(path: string): void {
  mkdirSync(path);
  chmodSync(path, DIRECTORY_MODE);
}

/** Makes `to`, which exists, hold what an open directory does. Calls that wait would take longer than what they wait for. */
export async function syncDirectory(directory: Source, sync: Sync): Promise<void> {
  const { path, to, depth } = directory;
  if (depth > MAX_DEPTH) throw pathRefused(path, `it lies more than ${MAX_DEPTH} directories deep`);
  const entries = await readEntries(`${HANDLES}/${directory.fd}`, sync.pool.pace, ({ name }) =>
    countEntry(sync, `${path}/${name}`),
  );
  const unclaimed = sync.held === undefined ? new Map() : await entriesHeld(to, sync.pool.pace);
  for (const { name } of entries) {
    // What is kept for how long, and what a file holds, is not the build's to say.
    if (depth > 0 || !NOTES.includes(name)) await syncEntry(directory, name, unclaimed, sync);
    await sync.pool.pace();
  }
  for (const entry of unclaimed.values()) {
    await clear(`${to}/${entry.name}`, entry);
    await sync.pool.pace();
  }
}

async function syncEntry(directory: Source, name: string, unclaimed: Unclaimed, sync: Sync): Promise<void> {
  const path = `${directory.path}/${name}`;
  const to = `${directory.to}/${name}`;
  const below = directory.below === "" ? name : `${directory.below}/${name}`;
  const there = unclaimed.get(name);
  unclaimed.delete(name);
  const fd = openOrLink(directory, name);
  if (fd === "link") return placeLink(directory, name, there);
  try {
    const stat = fstatSync(fd);
    if (stat.uid !== sync.uid) throw pathRefused(path, "it belongs to another user");
    if (stat.isFile()) {
      const held = there?.isFile() === true ? sync.held?.get(below) : undefined;
      if (held === undefined) await clear(to, there);
      return await syncFile({ fd, path, to, below, held }, stat.size, sync);
    }
    if (!stat.isDirectory()) throw pathRefused(path, "it is neither a file nor a directory");
    if (there?.isDirectory() !== true) {
      await clear(to, there);
      makeSurfaceDirectory(to);
    }
    await syncDirectory({ fd, path, to, below, depth: directory.depth + 1 }, sync);
  } finally {
    closeSync(fd);
  }
}

/** What the listing said about an entry may no longer be so: only the open entry counts. A fifo does not block, a socket fails. */
function openOrLink(directory: Source, name: string): number | "link" {
  try {
    return openSync(`${HANDLES}/${directory.fd}/${name}`, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, "ELOOP")) return "link";
    throw pathRefused(`${directory.path}/${name}`, "it can not be opened", error);
  }
}

function countEntry({ limits, tally }: Sync, path: string): void {
  tally.entries += 1;
  if (tally.entries > limits.maxFiles) throw pathRefused(path, `the tree holds more than ${limits.maxFiles} entries`);
}

/** Reads no further than the size that was counted, though the file may grow. */
async function syncFile(
  { fd, path, to, below, held }: { fd: number; path: string; to: string; below: string; held: string | undefined },
  size: number,
  { limits, tally, pool, digests }: Sync,
): Promise<void> {
  tally.files += 1;
  tally.bytes += size;
  if (tally.bytes > limits.maxBytes) throw pathRefused(path, `the tree holds more than ${limits.maxBytes} bytes`);
  const placed = await placeContent(fd, size, { path: to, held }, pool);
  tally[placed.as] += 1;
  digests.set(below, placed.digest);
}

/** The rule for links is `copyTreeConfined`'s: parents first, then plain names, and no more parents than the tree has. */
async function placeLink(directory: Source, name: string, there: Dirent | undefined): Promise<void> {
  const target = readTarget(directory, name);
  const parents = target.split("/").filter((piece) => piece === "..").length;
  const isPlain = !target.startsWith("/") && normalize(target) === target;
  if (!isPlain || parents > directory.depth)
    throw pathRefused(`${directory.path}/${name}`, `it links to ${JSON.stringify(target)}, out of the tree`);
  await clear(`${directory.to}/${name}`, there);
  symlinkSync(target, `${directory.to}/${name}`);
}

function readTarget(directory: Source, name: string): string {
  try {
    return readlinkSync(`${HANDLES}/${directory.fd}/${name}`);
  } catch (error) {
    throw pathRefused(`${directory.path}/${name}`, "it changes while it is read", error);
  }
}
