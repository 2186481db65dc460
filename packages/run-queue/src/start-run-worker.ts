import { publishJobSchema, type PublishJob } from "@oroboros/slot-contract";
import { connectWorker, type OnError } from "./connect-bullmq.ts";
import type { QueueTransport } from "./queue-transport.ts";

export interface RunWorker {
  /** Resolves once jobs are taken. */
  ready: Promise<void>;
  /** Takes nothing new and resolves when the running jobs have ended. */
  close(): Promise<void>;
}

/** Calls `process` for each waking, up to `concurrency` at once. What it throws is reported; the job is not tried again. */
export function startRunWorker(
  transport: QueueTransport,
  options: { concurrency: number; onError: OnError; process: (job: PublishJob, signal: AbortSignal) => Promise<void> },
): RunWorker {
  const { worker, close } = connectWorker(
    transport,
    (job, _token, signal) => options.process(publishJobSchema.parse(job.data), signal ?? new AbortController().signal),
    options,
  );
  worker.on("error", options.onError);
  worker.on("failed", (_job, error) => options.onError(error));
  return {
    ready: worker.waitUntilReady().then(() => undefined),
    close,
  };
}
