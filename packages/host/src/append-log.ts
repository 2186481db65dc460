import { mkdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";

/** A log file that one writer appends to, capped in size. */
export interface AppendLog {
  write(line: string): void;
  /** Resolves to the file's size in bytes once everything is on disk. Rejects with what kept a line from it, such as a full disk. */
  close(): Promise<number>;
}

/**
 * Starts an empty log at `path`, its directory made where it is missing. Lines beyond `maxBytes` are counted, and the last line
 * says how many are missing.
 */
export async function openAppendLog(path: string, { maxBytes }: { maxBytes: number }): Promise<AppendLog> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const file = await open(path, "w", 0o644);
  let bytes = 0;
  let dropped = 0;
  let written: Promise<unknown> = Promise.resolve();
  const append = (line: string): void => {
    bytes += Buffer.byteLength(line);
    written = written.then(() => file.appendFile(line));
    // Whoever closes the log is told. Until then nobody waits for it, and what nobody handles would end the process.
    written.catch(() => undefined);
  };
  return {
    write: (line) => (bytes + Buffer.byteLength(line) > maxBytes ? (dropped += 1) : append(line)),
    close: async () => {
      if (dropped > 0) append(`${JSON.stringify({ event: "truncated", lines_missing: dropped })}\n`);
      try {
        await written;
        await file.sync();
      } finally {
        await file.close();
      }
      return bytes;
    },
  };
}
