import { closeSync, fchmodSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { isErrno } from "./open-confined.ts";

/** A log of a process we pipe: it never sees the file itself, so it can not truncate what it said. */
export type CappedLog = Readonly<{
  /** Never throws: a process must not end because what it says can not be kept. */
  write(chunk: Uint8Array): void;
  close(): void;
}>;

const MODE = 0o640;
const TAIL_BYTES = 64 * 1024;

/**
 * Appends to `path`; a file that would grow past `maxBytes` becomes `<path>.1` in place of the one before. What can not be written,
 * as on a full disk, is dropped: `onLoss` is told of the first time, and the log itself says how much, once it can be written again.
 */
export function openCappedLog(path: string, maxBytes: number, onLoss: (error: unknown) => void): CappedLog {
  let { fd, size } = openLog(path);
  let lostBytes = 0;
  let isTold = false;
  const append = (chunk: Uint8Array): number => {
    if (size > 0 && size + chunk.length > maxBytes) {
      setLogAside(path);
      const next = openLog(path);
      closeSync(fd);
      ({ fd, size } = next);
    }
    const written = writeSync(fd, chunk);
    size += written;
    return written;
  };
  return {
    write: (chunk) => {
      try {
        if (lostBytes > 0) append(Buffer.from(`\n--- ${lostBytes} bytes could not be written ---\n`));
        lostBytes = 0;
        lostBytes = chunk.length - append(chunk);
      } catch (error) {
        lostBytes += chunk.length;
        if (!isTold) onLoss(error);
        isTold = true;
      }
    },
    close: () => closeSync(fd),
  };
}

/** Puts a log aside, so that the next one starts empty; where there is none, nothing is done. */
export function setLogAside(path: string): void {
  try {
    renameSync(path, `${path}.1`);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

function openLog(path: string): { fd: number; size: number } {
  const fd = openSync(path, "a", MODE);
  fchmodSync(fd, MODE);
  return { fd, size: fstatSync(fd).size };
}

/** The last lines of a file, at most 64 KiB of them; none where it does not exist yet. With `since`, only those after that line. */
export async function tailLines(path: string, lines: number, since?: string): Promise<string[]> {
  try {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      const length = Math.min(size, TAIL_BYTES);
      const { buffer } = await file.read({ buffer: Buffer.alloc(length), position: size - length });
      const all = buffer
        .toString("utf8")
        .split("\n")
        .filter((line) => line !== "");
      const newest = since === undefined ? all : all.slice(all.lastIndexOf(since) + 1);
      return newest.slice(-lines);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}
