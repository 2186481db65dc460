import type { FileHandle } from "node:fs/promises";
import { MAX_STEP_OUTPUT_BYTES, type StepLine } from "../slot/step-lines.ts";

const CHUNK_BYTES = 65_536;
/** The runner writes what it reads at once, escaped, as one line: a third of this. */
const MAX_LINE_BYTES = 1_048_576;
/** Twice what the runner passes on: quotes, and characters that JSON escapes. */
export const MAX_LOG_BYTES = 2 * MAX_STEP_OUTPUT_BYTES;
const OUTPUT = Buffer.from('{"stream"');

/** The first thing that the log of a job says, which it does in its first bytes. */
export async function firstLineOf(file: FileHandle): Promise<StepLine | undefined> {
  const { bytesRead, buffer } = await file.read({ buffer: Buffer.alloc(CHUNK_BYTES), position: 0 });
  for (const line of lineSplitter()(buffer.subarray(0, bytesRead))) {
    const parsed = line === "too long" ? undefined : parseLine(line);
    if (parsed !== undefined) return parsed;
  }
  return undefined;
}

/**
 * Each call of what this returns goes on where the one before has ended; half a line waits for its other half. A line that is too long
 * is dropped, and so is output beyond what a log may hold; that is said once, and how the step ended is read all the same.
 */
export function linesOf(file: FileHandle): () => AsyncGenerator<StepLine, undefined> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  const split = lineSplitter();
  let position = 0;
  let kept = 0;
  let hasSaid = false;
  return async function* () {
    for (;;) {
      const { bytesRead } = await file.read({ buffer: chunk, position });
      if (bytesRead === 0) return undefined;
      position += bytesRead;
      for (const line of split(chunk.subarray(0, bytesRead))) {
        const isOutput = line !== "too long" && line.subarray(0, OUTPUT.length).equals(OUTPUT);
        if (isOutput) kept += line.length;
        if (line === "too long" || (isOutput && kept > MAX_LOG_BYTES)) {
          if (!hasSaid) yield { stream: "stderr", chunk: "\n[the log is too long: some of it is dropped]\n" };
          hasSaid = true;
          continue;
        }
        const parsed = parseLine(line);
        if (parsed !== undefined) yield parsed;
      }
    }
  };
}

/** Splits at line ends, every byte looked at once; a line that is too long is told as soon as it is, and not kept. */
function lineSplitter(): (bytes: Buffer) => Generator<Buffer | "too long"> {
  let pieces: Buffer[] = [];
  let length = 0;
  return function* (bytes) {
    for (let from = 0; from < bytes.length;) {
      const at = bytes.indexOf(10, from);
      const piece = bytes.subarray(from, at === -1 ? bytes.length : at);
      const wasShort = length <= MAX_LINE_BYTES;
      length += piece.length;
      // A copy: the bytes are those of a buffer that is read into again.
      if (length <= MAX_LINE_BYTES) pieces.push(Buffer.from(piece));
      else {
        pieces = [];
        if (wasShort) yield "too long";
      }
      if (at === -1) return;
      if (length <= MAX_LINE_BYTES) yield Buffer.concat(pieces);
      pieces = [];
      length = 0;
      from = at + 1;
    }
  };
}

/** Undefined for what the runner did not write: Node's own last words. */
function parseLine(line: Buffer): StepLine | undefined {
  try {
    const value: unknown = JSON.parse(line.toString("utf8"));
    return typeof value === "object" && value !== null ? (value as StepLine) : undefined;
  } catch {
    return undefined;
  }
}
