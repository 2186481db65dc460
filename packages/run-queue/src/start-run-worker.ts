import { publishJobSchema, type PublishJob } from "@oroboros/slot-contract";
import type { WorkerConnection } from "./connect-bullmq.ts";
import type { OnError } from "./connect-redis.ts";
import { SWEEP_JOB } from "./open-run-queue.ts";
import type { QueueTransport } from "./queue-transport.ts";

export interface RunWorker {
  /** Resolves once jobs are taken. */
  ready: Promise<void>;
  /** Takes nothing new and resolves when the running jobs have ended. */
  close(): Promise<void>;
}

export interface RunWorkerOptions {
  concurrency: number;
  onError: OnError;
  process: (job: PublishJob, signal: AbortSignal) => Promise<void>;
  /** Called when a slot was freed. Without it such a waking is let go by. */
  sweep?: () => Promise<void>;
}

/** Calls `process` for each waking, up to `concurrency` at once. What it throws is reported; the job is not tried again. */
export function startRunWorker(transport: QueueTransport, options: RunWorkerOptions): RunWorker {
  const connecting = connect(transport, options);
  return {
    ready: connecting.then(({ worker }) => worker.waitUntilReady()).then(() => undefined),
    close: async () => (await connecting).close(),
  };
}

async function connect(transport: QueueTransport, options: RunWorkerOptions): Promise<WorkerConnection> {
  const { connectWorker } = await import("./connect-bullmq.ts");
  const connection = connectWorker(
    transport,
    async (job, _token, signal) => {
      if (job.name === SWEEP_JOB) await options.sweep?.();
      else await options.process(publishJobSchema.parse(job.data), signal ?? new AbortController().signal);
    },
    options,
  );
  connection.worker.on("error", options.onError);
  connection.worker.on("failed", (_job, error) => options.onError(error));
  return connection;
}
