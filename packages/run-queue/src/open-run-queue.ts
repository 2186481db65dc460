import { publishJobSchema, type RunId } from "@oroboros/slot-contract";
import { connectQueue, type OnError } from "./connect-bullmq.ts";
import type { QueueTransport } from "./queue-transport.ts";

const PUBLISH_JOB = "publish";
/** Carries nothing: what there is to bring in line stands in PostgreSQL. */
export const SWEEP_JOB = "sweep";
/** Nothing is kept of a job that is done: the truth is elsewhere. */
const UNKEPT = { removeOnComplete: true, removeOnFail: true };

export interface RunQueue {
  /** Wakes a worker for this run. Doing it twice is harmless. */
  enqueue(runId: RunId): Promise<void>;
  /** Wakes a worker for what a freed slot leaves to do. Doing it twice is harmless. */
  enqueueSweep(): Promise<void>;
  /** Rejects where the transport can not be reached. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export function openRunQueue(
  transport: QueueTransport,
  options: { onError: OnError; uniqueId?: () => string },
): RunQueue {
  const { queue, close } = connectQueue(transport, options.onError);
  const uniqueId = options.uniqueId ?? (() => globalThis.crypto.randomUUID());
  queue.on("error", options.onError);
  return {
    enqueue: async (runId) => {
      // A job id that was used before is silently ignored, so each waking has one of its own.
      const jobId = `run-${runId}-${uniqueId()}`;
      await queue.add(PUBLISH_JOB, publishJobSchema.parse({ run_id: runId }), { jobId, ...UNKEPT });
    },
    enqueueSweep: async () => {
      await queue.add(SWEEP_JOB, {}, { jobId: `sweep-${uniqueId()}`, ...UNKEPT });
    },
    ping: async () => {
      await queue.getJobCounts("waiting");
    },
    close,
  };
}
