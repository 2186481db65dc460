import { publishJobSchema, type RunId } from "@oroboros/slot-contract";
import { connectQueue, type OnError } from "./connect-bullmq.ts";
import type { QueueTransport } from "./queue-transport.ts";

const JOB_NAME = "publish";

export interface RunQueue {
  /** Wakes a worker for this run. Doing it twice is harmless. */
  enqueue(runId: RunId): Promise<void>;
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
      await queue.add(JOB_NAME, publishJobSchema.parse({ run_id: runId }), {
        jobId,
        removeOnComplete: true,
        removeOnFail: true,
      });
    },
    ping: async () => {
      await queue.getJobCounts("waiting");
    },
    close,
  };
}
