import { QUEUE_SCHEMA } from "@oroboros/slot-contract";
import { createPostgresBackend, Queue, withBackend, Worker, type PgPool, type Processor } from "bullmq";
import type { Redis } from "ioredis";
import { Pool } from "pg";
import { connectRedis, readinessOf, UNQUEUED, type OnError } from "./connect-redis.ts";
import type { QueueTransport } from "./queue-transport.ts";

// BullMQ is only reached through this file, which is only imported where a queue is used: who has none at the moment, an api that
// starts say, does not wait for it to load.
export { runMigrations } from "bullmq";

const QUEUE_NAME = "runs";
/** One for statements, one that LISTENs, one for a job's bookkeeping. */
const WORKER_CONNECTIONS = 3;
const QUEUE_CONNECTIONS = 1;
/** After an error of the connection. BullMQ's 15 s also delay the end of a worker that closes. */
const RETRY_DELAY_MS = 1_000;

type Close = () => Promise<void>;
/** `ready` rejects where the transport can not be reached now; what is added to the queue after that waits for none that is away. */
export type QueueConnection = { queue: Queue; ready: () => Promise<void>; close: Close };
export type WorkerConnection = { worker: Worker; close: Close };
type EndablePool = PgPool & { end(): Promise<void> };

/** A queue on either transport, and how to close it and its connection, once. */
export function connectQueue(transport: QueueTransport, onError: OnError): QueueConnection {
  if (transport.kind === "redis") {
    const redis = connectRedis(transport.url, onError, UNQUEUED);
    const queue = new Queue(QUEUE_NAME, { connection: redis });
    return { queue, ready: readinessOf(redis), close: once(() => closeOnRedis(queue, redis)) };
  }
  const pool = connectPool(transport.databaseUrl, QUEUE_CONNECTIONS, onError);
  const { Queue: PostgresQueue } = withBackend(createPostgresBackend);
  const queue = new PostgresQueue(QUEUE_NAME, { connection: pool }) as unknown as Queue;
  return { queue, ready: () => Promise.resolve(), close: once(() => closeOnPostgres(queue, pool)) };
}

export function connectWorker(
  transport: QueueTransport,
  process: Processor,
  options: { concurrency: number; onError: OnError },
): WorkerConnection {
  const { concurrency, onError } = options;
  if (transport.kind === "redis") {
    const redis = connectRedis(transport.url, onError);
    const clients = noteCopies(redis);
    const { noted, ended } = noteRunning(process);
    const worker = new Worker(QUEUE_NAME, noted, { connection: redis, concurrency, runRetryDelay: RETRY_DELAY_MS });
    return { worker, close: once(() => closeWorkerOnRedis(worker, clients, ended)) };
  }
  const pool = connectPool(transport.databaseUrl, WORKER_CONNECTIONS, onError);
  const { Worker: PostgresWorker } = withBackend(createPostgresBackend);
  const worker = new PostgresWorker(QUEUE_NAME, process, {
    connection: pool,
    concurrency,
    runRetryDelay: RETRY_DELAY_MS,
  }) as unknown as Worker;
  return { worker, close: once(() => closeOnPostgres(worker, pool)) };
}

async function closeOnRedis(user: Queue | Worker, redis: Redis): Promise<void> {
  await user.close();
  redis.disconnect();
}

async function closeWorkerOnRedis(
  worker: Worker,
  clients: readonly Redis[],
  ended: () => Promise<unknown>,
): Promise<void> {
  if (clients.some(({ status }) => status !== "ready")) {
    // BullMQ would wait for the `end` of a client that is between two attempts to reconnect, and ioredis never tells of that one.
    await ended();
    await worker.close(true);
  }
  await worker.close();
  for (const client of clients) client.disconnect();
}

/** A client and those that BullMQ makes of it: a worker waits for jobs on one of its own, which may be gone while the other is not. */
function noteCopies(redis: Redis): readonly Redis[] {
  const clients = [redis];
  const duplicate = redis.duplicate.bind(redis);
  redis.duplicate = (override) => {
    const copy = duplicate(override);
    clients.push(copy);
    return copy;
  };
  return clients;
}

async function closeOnPostgres(user: Queue | Worker, pool: EndablePool): Promise<void> {
  await user.close();
  await pool.end();
}

function noteRunning(process: Processor): { noted: Processor; ended: () => Promise<unknown> } {
  const running = new Set<Promise<unknown>>();
  return {
    // BullMQ makes a signal only for a processor with three parameters.
    noted: (job, token, signal) => {
      const one = Promise.resolve(process(job, token, signal)).finally(() => running.delete(one));
      running.add(one);
      return one;
    },
    ended: () => Promise.allSettled(running),
  };
}

function once(close: Close): Close {
  let closing: Promise<void> | undefined;
  return () => (closing ??= close());
}

/** The backend is told its schema by the search path, so that we own the pool and its errors. */
function connectPool(databaseUrl: string, max: number, onError: OnError): EndablePool {
  const pool = new Pool({
    connectionString: databaseUrl,
    max,
    options: `-c search_path=${QUEUE_SCHEMA}`,
    keepAlive: true,
  });
  pool.on("error", onError);
  // BullMQ describes the part of pg it calls in types of its own, which pg's overloads do not match.
  return pool as unknown as EndablePool;
}
