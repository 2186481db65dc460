import { publishJobSchema, type RunId } from "@oroboros/slot-contract";
import type { Queue } from "bullmq";
import type { QueueConnection } from "./connect-bullmq.ts";
import type { OnError } from "./connect-redis.ts";
import type { QueueTransport } from "./queue-transport.ts";

const PUBLISH_JOB = "publish";
/** Carries nothing: what there is to bring in line stands in PostgreSQL. */
export const SWEEP_JOB = "sweep";
/** Nothing is kept of a job that is done: the truth is elsewhere. */
const UNKEPT = { removeOnComplete: true, removeOnFail: true };

export interface RunQueue {
  /** Wakes a worker for this run. Doing it twice is harmless. Rejects where the transport can not be reached, and nothing is kept. */
  enqueue(runId: RunId): Promise<void>;
  /** Wakes a worker for what a freed slot leaves to do, as {@link RunQueue.enqueue} does. */
  enqueueSweep(): Promise<void>;
  /** Rejects where the transport can not be reached. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Loads BullMQ when the queue is used for the first time: that is a third of what a process's start would take with it. */
export function openRunQueue(
  transport: QueueTransport,
  options: { onError: OnError; uniqueId?: () => string },
): RunQueue {
  const uniqueId = options.uniqueId ?? (() => globalThis.crypto.randomUUID());
  let connecting: Promise<QueueConnection> | undefined;
  let isClosed = false;
  const connected = async (): Promise<Queue> => {
    if (isClosed) throw new Error("the queue is closed");
    const { queue, ready } = await (connecting ??= connect(transport, options.onError));
    await ready();
    return queue;
  };
  return {
    enqueue: async (runId) => {
      // A job id that was used before is silently ignored, so each waking has one of its own.
      const jobId = `run-${runId}-${uniqueId()}`;
      const job = publishJobSchema.parse({ run_id: runId });
      await reaching(async () => (await connected()).add(PUBLISH_JOB, job, { jobId, ...UNKEPT }));
    },
    enqueueSweep: async () => {
      const jobId = `sweep-${uniqueId()}`;
      await reaching(async () => (await connected()).add(SWEEP_JOB, {}, { jobId, ...UNKEPT }));
    },
    ping: async () => {
      await reaching(async () => (await connected()).getJobCounts("waiting"));
    },
    close: async () => {
      isClosed = true;
      await (await connecting)?.close();
    },
  };
}

/** Whatever the driver calls it: a connection that has just gone is told by another error than one that was never there. */
async function reaching(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The queue could not be reached: ${reason}`, { cause });
  }
}

async function connect(transport: QueueTransport, onError: OnError): Promise<QueueConnection> {
  const { connectQueue } = await import("./connect-bullmq.ts");
  const connection = connectQueue(transport, onError);
  connection.queue.on("error", onError);
  return connection;
}
