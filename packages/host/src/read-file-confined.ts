import type { FileHandle } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize } from "node:path";
import { OperatorError } from "@oroboros/slot-contract";
import { isErrno, openDirectory, openEntry, pathRefused } from "./open-confined.ts";

const MAX_ARTIFACT_BYTES = 16 * 1024 * 1024;
const ROOT = 0;

/**
 * The content of `file` below `root`, reached without following a link.
 *
 * @throws OperatorError `artifact_not_found`; `path_refused` for a path that leaves `root`, a link, or anything but a file.
 */
export async function readArtifact({ root, file }: { root: string; file: string }): Promise<Buffer> {
  const isInside = !isAbsolute(file) && normalize(file) === file && !file.split("/").includes("..");
  if (!isInside || file.includes("\0"))
    throw pathRefused(JSON.stringify(file), "it does not lie below the artifact directory");
  try {
    return await readConfined(join(root, file), { maxBytes: MAX_ARTIFACT_BYTES });
  } catch (cause) {
    if (!(cause instanceof OperatorError) || cause.kind !== "missing") throw cause;
    throw new OperatorError("artifact_not_found", `The artifact ${file} is no longer on this host.`, {
      hint: "Publish the commit again to get new evidence.",
      cause,
    });
  }
}

/**
 * Reads a file whose directory somebody else may write to. A fifo is refused, and not waited for.
 *
 * @param ownerUids who may own the file; anybody where it is left out. `directory`: whose directory it lies in, and root.
 * @throws OperatorError `artifact_not_found`; `path_refused` for a link, a wrong owner, anything but a file, or one too large.
 */
export async function readConfined(
  path: string,
  { maxBytes, ownerUids: allowed }: { maxBytes: number; ownerUids?: readonly number[] | "directory" },
): Promise<Buffer> {
  const directory = await openDirectory(dirname(path));
  try {
    const file = await openFile(directory, path);
    try {
      const stat = await file.stat();
      const ownerUids = allowed === "directory" ? [(await directory.stat()).uid, ROOT] : allowed;
      if (!stat.isFile()) throw pathRefused(path, "it is not a file");
      if (ownerUids?.includes(stat.uid) === false) throw pathRefused(path, `it belongs to user ${stat.uid}`);
      // Under another name somebody else may write to it.
      if (ownerUids !== undefined && stat.nlink > 1) throw pathRefused(path, "it has another name as well");
      if (stat.size > maxBytes) throw pathRefused(path, `it is larger than ${maxBytes} bytes`);
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(stat.size), position: 0 });
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } finally {
    await directory.close();
  }
}

/**
 * The text of such a file, of the directory's owner or of root's; undefined where there is none.
 *
 * @throws OperatorError `path_refused`.
 */
export async function readConfinedText(path: string, { maxBytes }: { maxBytes: number }): Promise<string | undefined> {
  try {
    return (await readConfined(path, { maxBytes, ownerUids: "directory" })).toString("utf8");
  } catch (cause) {
    if (cause instanceof OperatorError && cause.kind === "missing") return undefined;
    throw cause;
  }
}

async function openFile(directory: FileHandle, path: string): Promise<FileHandle> {
  const file = await openEntry(directory, path.slice(path.lastIndexOf("/") + 1)).catch((cause: unknown) => {
    if (!isErrno(cause, "ENOENT")) throw pathRefused(path, "it can not be opened", cause);
    throw new OperatorError("artifact_not_found", `${path} does not exist.`, { hint: "Check the name.", cause });
  });
  if (file === undefined) throw pathRefused(path, "it is a link");
  return file;
}
