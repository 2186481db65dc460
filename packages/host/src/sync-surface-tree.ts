import { chmodSync, closeSync, constants, fstatSync, mkdirSync, openSync, readlinkSync, symlinkSync } from "node:fs";
import { normalize } from "node:path";
import { isErrno, pathRefused } from "./open-confined.ts";
import { KEPT_NOTE } from "./sync-surface-kept.ts";
import { readEntries } from "./sync-surface-pace.ts";
import { placeContent, type SurfacePool } from "./sync-surface-pool.ts";

const MAX_DEPTH = 64;
/** `/proc/self/fd`, without the link that every one of thousands of calls would follow. */
const HANDLES = `/proc/${process.pid}/fd`;
const DIRECTORY_MODE = 0o755;
const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

export type SurfaceTally = { entries: number; files: number; bytes: number; written: number; linked: number };
/** Of one build, its entries counted. */
export type SurfaceLimits = Readonly<{ maxBytes: number; maxFiles: number }>;

type Sync = Readonly<{ uid: number; limits: SurfaceLimits; pool: SurfacePool; tally: SurfaceTally }>;
type Source = Readonly<{ fd: number; path: string; to: string; depth: number }>;

/** Makes a directory that must not exist yet and that every user may read, whatever the umask. */
export function makeSurfaceDirectory(path: string): void {
  mkdirSync(path);
  chmodSync(path, DIRECTORY_MODE);
}

/** Brings what an open directory holds into `to`, which exists. Calls that wait would take longer than what they wait for. */
export async function syncDirectory(directory: Source, sync: Sync): Promise<void> {
  const { path, depth } = directory;
  if (depth > MAX_DEPTH) throw pathRefused(path, `it lies more than ${MAX_DEPTH} directories deep`);
  const entries = await readEntries(`${HANDLES}/${directory.fd}`, sync.pool.pace, ({ name }) =>
    countEntry(sync, `${path}/${name}`),
  );
  for (const { name } of entries) {
    // What is kept for how long is not the build's to say.
    if (depth > 0 || name !== KEPT_NOTE) await syncEntry(directory, name, sync);
    await sync.pool.pace();
  }
}

async function syncEntry(directory: Source, name: string, sync: Sync): Promise<void> {
  const path = `${directory.path}/${name}`;
  const to = `${directory.to}/${name}`;
  const fd = openOrLink(directory, name);
  if (fd === "link") return placeLink(directory, name);
  try {
    const stat = fstatSync(fd);
    if (stat.uid !== sync.uid) throw pathRefused(path, "it belongs to another user");
    if (stat.isFile()) return await syncFile({ fd, path, to }, stat.size, sync);
    if (!stat.isDirectory()) throw pathRefused(path, "it is neither a file nor a directory");
    makeSurfaceDirectory(to);
    await syncDirectory({ fd, path, to, depth: directory.depth + 1 }, sync);
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
  { fd, path, to }: { fd: number; path: string; to: string },
  size: number,
  { limits, tally, pool }: Sync,
): Promise<void> {
  tally.files += 1;
  tally.bytes += size;
  if (tally.bytes > limits.maxBytes) throw pathRefused(path, `the tree holds more than ${limits.maxBytes} bytes`);
  tally[await placeContent(fd, size, to, pool)] += 1;
}

/** The rule for links is `copyTreeConfined`'s: parents first, then plain names, and no more parents than the tree has. */
function placeLink(directory: Source, name: string): void {
  const target = readTarget(directory, name);
  const parents = target.split("/").filter((piece) => piece === "..").length;
  const isPlain = !target.startsWith("/") && normalize(target) === target;
  if (!isPlain || parents > directory.depth)
    throw pathRefused(`${directory.path}/${name}`, `it links to ${JSON.stringify(target)}, out of the tree`);
  symlinkSync(target, `${directory.to}/${name}`);
}

function readTarget(directory: Source, name: string): string {
  try {
    return readlinkSync(`${HANDLES}/${directory.fd}/${name}`);
  } catch (error) {
    throw pathRefused(`${directory.path}/${name}`, "it changes while it is read", error);
  }
}
