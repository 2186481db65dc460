import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { isErrno } from "../open-confined.ts";
import type { StepExit, StepLine } from "../slot/step-lines.ts";
import type { OutputStream } from "../start-process.ts";
import { firstLineOf, linesOf } from "./log-lines.ts";

/** What a log said beside output. */
export type StepEnd = {
  hasBegun: boolean;
  exit?: StepExit;
  already?: boolean;
  error?: { code: string; message: string; hint: string };
};

export type StepLog = Readonly<{
  /** Resolves once the job of this log is at work. Never rejects, and stays pending where it never is. */
  begun: Promise<void>;
  /** Reads what is left, once its unit has ended. */
  finish(): Promise<StepEnd>;
}>;

const POLL_MS = 20;

/**
 * Follows the log that a unit writes for one job. The file of the job before is there until the unit removes it, so nothing counts
 * before the job's own first line.
 */
export function followStepLog(
  path: string,
  { jobId, onOutput }: { jobId: string; onOutput?: ((stream: OutputStream, chunk: string) => void) | undefined },
): StepLog {
  const finishing = new AbortController();
  const begun = Promise.withResolvers<void>();
  const end: StepEnd = { hasBegun: false };
  const take = (line: StepLine): void => {
    if ("stream" in line) onOutput?.(line.stream, line.chunk);
    else if ("exit" in line) end.exit = line.exit;
    else if ("already" in line) end.already = line.already;
    else if ("error" in line) end.error = line.error;
  };
  const follow = async (): Promise<void> => {
    let log: LogFile | undefined;
    try {
      for (;;) {
        const isLast = finishing.signal.aborted;
        log ??= await openOwn(path, jobId, isLast);
        if (log !== undefined && !end.hasBegun) {
          end.hasBegun = log.isOfJob;
          begun.resolve();
        }
        if (log !== undefined) for await (const line of log.read()) take(line);
        if (isLast) return;
        await sleep(POLL_MS, undefined, { signal: finishing.signal }).catch(() => undefined);
      }
    } finally {
      await log?.close();
    }
  };
  const followed = follow();
  // Whoever waits for the end is told.
  followed.catch(() => undefined);
  return {
    begun: begun.promise,
    finish: async () => {
      finishing.abort();
      await followed;
      return end;
    },
  };
}

type LogFile = Readonly<{ isOfJob: boolean; read(): AsyncGenerator<StepLine>; close(): Promise<void> }>;

/** Undefined while the file is not there, or is another job's. A unit that refused its job says so without its id. */
async function openOwn(path: string, jobId: string, isLast: boolean): Promise<LogFile | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  const first = await firstLineOf(file);
  const isOfJob = first !== undefined && "job_id" in first && first.job_id === jobId;
  if (isOfJob) return { isOfJob, read: linesOf(file), close: () => file.close() };
  const isRefusal = isLast && first !== undefined && "error" in first;
  if (isRefusal) return { isOfJob, read: linesOf(file), close: () => file.close() };
  await file.close();
  return undefined;
}
