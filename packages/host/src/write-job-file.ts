import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { writeFileAtomic } from "./write-file-atomic.ts";

/** Readable by the group that runs it only: a job may carry the slot's database password. */
const JOB_MODE = 0o640;

/**
 * Writes a file of a directory that belongs to the worker and the group of those who read it. What root writes there is the worker's
 * as well, who could not read it else.
 */
export async function writeJobFile(path: string, text: string): Promise<void> {
  const owner = process.geteuid?.() === 0 ? await stat(dirname(path)) : undefined;
  await writeFileAtomic(path, text, { mode: JOB_MODE, owner });
}
