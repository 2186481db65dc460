import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { isAbsolute, normalize } from "node:path";
import { OperatorError } from "@oroboros/slot-contract";

/** open(2)'s flag for a handle that only names a directory, so that search permission is enough; Node does not export it. */
const O_PATH = 0o10_000_000;
const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

export const handlePath = (handle: FileHandle): string => `/proc/self/fd/${handle.fd}`;

/**
 * Opens a directory by walking to it, one component after the other, following no link. What `realpath` approved may be
 * another thing by the time it is opened; a handle stays what it is.
 *
 * @throws OperatorError `path_refused` where a component is a link, is missing or is no directory.
 */
export async function openDirectory(path: string): Promise<FileHandle> {
  if (!isAbsolute(path) || normalize(path) !== path) throw pathRefused(path, "it is not a plain absolute path");
  let current = await open("/", O_PATH | O_DIRECTORY);
  try {
    for (const name of path.split("/").filter((piece) => piece !== "")) {
      const next = await openBelow(current, name, path);
      await current.close();
      current = next;
    }
    return await open(handlePath(current), O_RDONLY | O_DIRECTORY);
  } catch (error) {
    throw isErrno(error, "EACCES") ? pathRefused(path, "it may not be read", error) : error;
  } finally {
    await current.close();
  }
}

function pathNotFound(path: string, cause: unknown): OperatorError {
  return new OperatorError("path_not_found", `${path} does not exist.`, {
    hint: "Check that the step before made it, and that the path in oroboros.app.json is right.",
    cause,
  });
}

async function openBelow(parent: FileHandle, name: string, path: string): Promise<FileHandle> {
  try {
    return await open(`${handlePath(parent)}/${name}`, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, "ENOENT")) throw pathNotFound(path, error);
    throw pathRefused(path, `${JSON.stringify(name)} is a link or is no directory`, error);
  }
}

/** Opens one entry of a directory for reading; undefined where it is a link. A fifo does not block and a socket fails. */
export async function openEntry(directory: FileHandle, name: string): Promise<FileHandle | undefined> {
  try {
    return await open(`${handlePath(directory)}/${name}`, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, "ELOOP")) return undefined;
    throw error;
  }
}

export function pathRefused(path: string, reason: string, cause?: unknown): OperatorError {
  return new OperatorError("path_refused", `${path} is refused: ${reason}.`, {
    hint: "Use real files and directories below the slot's own directory.",
    cause,
  });
}

export const isErrno = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && "code" in error && codes.includes(String(error.code));
