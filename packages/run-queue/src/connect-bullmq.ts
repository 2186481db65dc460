import { QUEUE_SCHEMA } from "@oroboros/slot-contract";
import { createPostgresBackend, Queue, withBackend, Worker, type PgPool, type Processor } from "bullmq";
import { Redis } from "ioredis";
import { Pool } from "pg";
import type { QueueTransport } from "./queue-transport.ts";

export const QUEUE_NAME = "runs";
/** One for statements, one that LISTENs, one for a job's bookkeeping. */
const WORKER_CONNECTIONS = 3;
const QUEUE_CONNECTIONS = 1;

export type OnError = (error: unknown) => void;

/** A queue on either transport, and how to let go of its connection after the queue was closed. */
export function connectQueue(transport: QueueTransport, onError: OnError): { queue: Queue; disconnect(): Promise<void> } {
  if (transport.kind === "redis") {
    const redis = connectRedis(transport.url, onError);
    return { queue: new Queue(QUEUE_NAME, { connection: redis }), disconnect: () => quit(redis) };
  }
  const pool = connectPool(transport.databaseUrl, QUEUE_CONNECTIONS, onError);
  const { Queue: PostgresQueue } = withBackend(createPostgresBackend);
  return { queue: new PostgresQueue(QUEUE_NAME, { connection: pool }) as unknown as Queue, disconnect: () => pool.end() };
}

export function connectWorker(
  transport: QueueTransport,
  process: Processor,
  options: { concurrency: number; onError: OnError },
): { worker: Worker; disconnect(): Promise<void> } {
  const { concurrency, onError } = options;
  if (transport.kind === "redis") {
    const redis = connectRedis(transport.url, onError);
    return { worker: new Worker(QUEUE_NAME, process, { connection: redis, concurrency }), disconnect: () => quit(redis) };
  }
  const pool = connectPool(transport.databaseUrl, WORKER_CONNECTIONS, onError);
  const { Worker: PostgresWorker } = withBackend(createPostgresBackend);
  const worker = new PostgresWorker(QUEUE_NAME, process, { connection: pool, concurrency }) as unknown as Worker;
  return { worker, disconnect: () => pool.end() };
}

/** The backend is told its schema by the search path, so that we own the pool and its errors. */
function connectPool(databaseUrl: string, max: number, onError: OnError): PgPool & { end(): Promise<void> } {
  const pool = new Pool({ connectionString: databaseUrl, max, options: `-c search_path=${QUEUE_SCHEMA}`, keepAlive: true });
  pool.on("error", onError);
  // BullMQ describes the part of pg it calls in types of its own, which pg's overloads do not match.
  return pool as unknown as PgPool & { end(): Promise<void> };
}

function connectRedis(url: string, onError: OnError): Redis {
  // BullMQ's workers wait on one command for as long as it takes; they refuse a client that gives up.
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  redis.on("error", onError);
  return redis;
}

async function quit(redis: Redis): Promise<void> {
  redis.disconnect();
}
