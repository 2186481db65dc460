import { createWriteStream } from "node:fs";
import { chmod, type FileHandle, mkdir, readdir, readlink, symlink } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { pipeline } from "node:stream/promises";
import { handlePath, isErrno, openDirectory, openEntry, pathRefused } from "./open-confined.ts";
import { removeTree } from "./remove-tree.ts";

export type CopyLimits = Readonly<{ maxBytes: number; maxFiles: number }>;
export type Copied = { files: number; bytes: number };

const MAX_DEPTH = 64;
const DIRECTORY_MODE = 0o755;
const FILE_MODE = 0o644;

/**
 * Copies a tree that somebody hostile may be changing meanwhile into a new directory `to`. Only what lies in the tree comes
 * along: a link that leads out of it, a file of another owner (a hard link to it), a socket, a fifo or a device refuses the
 * whole copy, and so does more than the limits. Everything copied is readable by all.
 *
 * @throws OperatorError `path_refused`, naming the entry. Nothing is left at `to`.
 */
export async function copyTreeConfined({
  from,
  to,
  ...limits
}: { from: string; to: string } & CopyLimits): Promise<Copied> {
  const source = await openDirectory(from);
  const copied: Copied = { files: 0, bytes: 0 };
  try {
    const { uid } = await source.stat();
    await mkdir(dirname(to), { recursive: true });
    await copyDirectory({ source, path: from, to, depth: 0 }, { limits, uid, copied });
    return copied;
  } catch (error) {
    if (!isErrno(error, "EEXIST")) await removeTree(to);
    throw error;
  } finally {
    await source.close();
  }
}

type Directory = Readonly<{ source: FileHandle; path: string; to: string; depth: number }>;
type Copy = Readonly<{ limits: CopyLimits; uid: number; copied: Copied }>;

async function copyDirectory(directory: Directory, copy: Copy): Promise<void> {
  if (directory.depth > MAX_DEPTH) throw pathRefused(directory.path, `it lies more than ${MAX_DEPTH} directories deep`);
  await mkdir(directory.to);
  await chmod(directory.to, DIRECTORY_MODE);
  for (const name of await readdir(handlePath(directory.source))) await copyEntry(directory, name, copy);
}

async function copyEntry(directory: Directory, name: string, copy: Copy): Promise<void> {
  const path = join(directory.path, name);
  const to = join(directory.to, name);
  countEntry(copy, path);
  const entry = await openEntry(directory.source, name).catch((cause: unknown) => {
    throw pathRefused(path, "it can not be opened", cause);
  });
  if (entry === undefined) return copyLink(directory, name, to);
  try {
    const stat = await entry.stat();
    if (stat.uid !== copy.uid) throw pathRefused(path, "it belongs to another user");
    if (stat.isDirectory()) return await copyDirectory({ source: entry, path, to, depth: directory.depth + 1 }, copy);
    if (!stat.isFile()) throw pathRefused(path, "it is neither a file nor a directory");
    countBytes(copy, path, stat.size);
    await copyContent(entry, to, stat.size);
  } finally {
    await entry.close();
  }
}

function countEntry({ limits, copied }: Copy, path: string): void {
  copied.files += 1;
  if (copied.files > limits.maxFiles) throw pathRefused(path, `the tree holds more than ${limits.maxFiles} entries`);
}

function countBytes({ limits, copied }: Copy, path: string, bytes: number): void {
  copied.bytes += bytes;
  if (copied.bytes > limits.maxBytes) throw pathRefused(path, `the tree holds more than ${limits.maxBytes} bytes`);
}

/** Reads no further than the size that was counted, though the file may grow. */
async function copyContent(entry: FileHandle, to: string, size: number): Promise<void> {
  const content = size === 0 ? [] : entry.createReadStream({ autoClose: false, end: size - 1 });
  await pipeline(content, createWriteStream(to, { flags: "wx", mode: FILE_MODE }));
  await chmod(to, FILE_MODE);
}

/**
 * A link may stay if its target is written as parents first, then plain names, and its parents do not reach past the tree.
 * By induction no chain of such links leaves it: `..` is only ever applied to a real directory of the copy.
 */
async function copyLink(directory: Directory, name: string, to: string): Promise<void> {
  const path = join(directory.path, name);
  const target = await readlink(`${handlePath(directory.source)}/${name}`);
  const parents = target.split("/").filter((piece) => piece === "..").length;
  const isPlain = !target.startsWith("/") && normalize(target) === target;
  if (!isPlain || parents > directory.depth)
    throw pathRefused(path, `it links to ${JSON.stringify(target)}, out of the tree`);
  await symlink(target, to);
}
