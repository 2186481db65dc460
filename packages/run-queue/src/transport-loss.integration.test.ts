import type { RunId } from "@oroboros/slot-contract";
import { eventually, startPostgres, startRedis } from "@oroboros/test-support";
import { Redis } from "ioredis";
import { Client } from "pg";
import { expect, test } from "vitest";
import { installQueueSchema } from "./install-queue-schema.ts";
import { openRunQueue } from "./open-run-queue.ts";
import type { QueueTransport } from "./queue-transport.ts";
import { startRunWorker } from "./start-run-worker.ts";

const DEADLINE = { deadlineMs: 25_000 };
const RUN = "6a1f0c1e-58f5-4f0e-9a70-1a1c51d2f5aa" as RunId;

/** A queue and a worker, what reached the worker and what was reported. */
async function aWorkingQueue(transport: QueueTransport, work = (): Promise<void> => Promise.resolve()) {
  const errors: unknown[] = [];
  const seen: string[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const queue = openRunQueue(transport, { onError });
  const process = async (job: { run_id: string }): Promise<void> => {
    seen.push(job.run_id);
    await work();
  };
  const worker = startRunWorker(transport, { concurrency: 1, onError, process });
  await worker.ready;
  return {
    errors,
    seen,
    queue,
    worker,
    async [Symbol.asyncDispose]() {
      await worker.close();
      await queue.close();
    },
  };
}

test("a Redis that lost everything delivers what is enqueued after that", async () => {
  const redis = await startRedis();
  const admin = new Redis(redis.url);
  try {
    await using working = await aWorkingQueue({ kind: "redis", url: redis.url });
    await working.queue.enqueue(RUN);
    await eventually(() => working.seen.length === 1, DEADLINE);
    await admin.flushall();
    await eventually(async () => {
      await working.queue.enqueue(RUN);
      return working.seen.length > 1;
    }, DEADLINE);
  } finally {
    admin.disconnect();
    await redis.stop();
  }
});

test("Redis connections that are cut are made again", async () => {
  const redis = await startRedis();
  const admin = new Redis(redis.url);
  try {
    await using working = await aWorkingQueue({ kind: "redis", url: redis.url });
    await admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await working.queue.enqueue(RUN);
    await eventually(() => working.seen.length > 0, DEADLINE);
  } finally {
    admin.disconnect();
    await redis.stop();
  }
});

test("a worker whose waiting connection alone was cut, and can not be made again, still closes", async () => {
  const redis = await startRedis();
  const admin = new Redis(redis.url);
  try {
    const working = await aWorkingQueue({ kind: "redis", url: redis.url });
    const waiting = await eventually(async () => {
      const clients = String(await admin.call("CLIENT", "LIST")).split("\n");
      return /^id=(\d+)/.exec(clients.find((client) => client.includes("cmd=bzpopmin")) ?? "")?.[1];
    }, DEADLINE);
    await admin.config("SET", "maxclients", "1");
    await admin.call("CLIENT", "KILL", "ID", waiting);
    await eventually(() => working.errors.length > 3, DEADLINE);
    await working[Symbol.asyncDispose]();
  } finally {
    admin.disconnect();
    await redis.stop();
  }
});

test("a Redis that is gone is reported, and does not keep the worker from closing", async () => {
  const redis = await startRedis();
  const working = await aWorkingQueue({ kind: "redis", url: redis.url });
  await redis.stop();
  await eventually(() => working.errors.length > 0, DEADLINE);
  await working[Symbol.asyncDispose]();
});

test("a worker whose Redis is gone closes when its running job has ended", async () => {
  const redis = await startRedis();
  const gate = Promise.withResolvers<void>();
  const order: string[] = [];
  await using working = await aWorkingQueue({ kind: "redis", url: redis.url }, async () => {
    order.push("start");
    await gate.promise;
    order.push("end");
  });
  await working.queue.enqueue(RUN);
  await eventually(() => order.length === 1, DEADLINE);
  await redis.stop();
  await eventually(() => working.errors.length > 0, DEADLINE);
  const closed = working.worker.close().then(() => order.push("closed"));
  // A close that does not wait is over before the queue's connection has tried again this often.
  const tried = working.errors.length;
  await eventually(() => working.errors.length > tried + 3, DEADLINE);
  gate.resolve();
  await closed;
  expect(order).toEqual(["start", "end", "closed"]);
});

test("PostgreSQL connections that are cut are reported and made again", async () => {
  const server = await startPostgres();
  await installQueueSchema(server.superuserUrl(), []);
  const admin = new Client({ connectionString: server.superuserUrl() });
  await admin.connect();
  try {
    await using working = await aWorkingQueue({ kind: "postgres", databaseUrl: server.superuserUrl() });
    await admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname is not null",
    );
    await eventually(() => working.errors.length > 0, DEADLINE);
    await eventually(async () => {
      await working.queue.enqueue(RUN);
      return working.seen.length > 0;
    }, DEADLINE);
  } finally {
    await admin.end();
    await server.stop();
  }
});

test("a PostgreSQL that is gone is reported, and does not keep the worker from closing", async () => {
  const server = await startPostgres();
  await installQueueSchema(server.superuserUrl(), []);
  const working = await aWorkingQueue({ kind: "postgres", databaseUrl: server.superuserUrl() });
  await server.stop();
  await eventually(() => working.errors.length > 0, DEADLINE);
  await expect(working.queue.ping()).rejects.toThrow();
  await working[Symbol.asyncDispose]();
});
