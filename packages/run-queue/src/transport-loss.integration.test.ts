import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { RunId } from "@oroboros/slot-contract";
import { eventually, freePort, startPostgres, startRedis } from "@oroboros/test-support";
import { Redis } from "ioredis";
import { Client } from "pg";
import { expect, test } from "vitest";
import { installQueueSchema } from "./install-queue-schema.ts";
import { openRunQueue, type RunQueue } from "./open-run-queue.ts";
import type { QueueTransport } from "./queue-transport.ts";
import { startRunWorker } from "./start-run-worker.ts";

const DEADLINE = { deadlineMs: 60_000 };
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

/** A way to Redis that can be shut while Redis runs on. */
async function aDoorTo(redisPort: number) {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const through = connect(redisPort, "127.0.0.1");
    for (const socket of [client, through]) {
      open.add(socket);
      socket.on("error", () => undefined).on("close", () => [client, through].forEach((each) => each.destroy()));
    }
    client.pipe(through).pipe(client);
  });
  const port = await freePort();
  return {
    url: `redis://127.0.0.1:${port}`,
    open: async () => void (await once(server.listen(port, "127.0.0.1"), "listening")),
    close: async () => {
      for (const socket of open) socket.destroy();
      if (server.listening) await new Promise((closed) => server.close(closed));
    },
  };
}

/** Whoever asks a queue waits a second for its connection, which is short for a busy machine. */
const answers = (queue: RunQueue): Promise<boolean> => eventually(() => queue.ping().then(() => true), DEADLINE);

async function openedTo(queue: RunQueue, door: { open(): Promise<void> }): Promise<void> {
  await door.open();
  await answers(queue);
}

test("a Redis that lost everything delivers what is enqueued after that", async () => {
  const redis = await startRedis();
  const admin = new Redis(redis.url);
  try {
    await using working = await aWorkingQueue({ kind: "redis", url: redis.url });
    await answers(working.queue);
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
    await answers(working.queue);
    await working.queue.enqueue(RUN);
    await eventually(() => working.seen.length > 0, DEADLINE);
  } finally {
    admin.disconnect();
    await redis.stop();
  }
});

test.each([
  ["before it was ever there", false],
  ["once it was lost", true],
])("whoever wakes a worker while Redis is away, %s, is told so, and no worker is woken later", async (_, wasThere) => {
  const redis = await startRedis();
  const admin = new Redis(redis.url);
  const door = await aDoorTo(redis.port);
  const errors: unknown[] = [];
  const queue = openRunQueue({ kind: "redis", url: door.url }, { onError: (error) => errors.push(error) });
  try {
    if (wasThere) await openedTo(queue, door);
    await door.close();
    // What is under way when the connection breaks is sent again.
    if (wasThere) await eventually(() => errors.length > 0, DEADLINE);
    const wakings = await Promise.allSettled(Array.from({ length: 50 }, () => queue.enqueue(RUN)));
    expect(new Set(wakings.map(({ status }) => status))).toEqual(new Set(["rejected"]));
    await openedTo(queue, door);
    await queue.enqueue(RUN);
    expect(await admin.llen("bull:runs:wait")).toBe(1);
  } finally {
    await queue.close();
    await door.close();
    admin.disconnect();
    await redis.stop();
  }
});

test("whoever wakes a worker through a Redis that hangs is told so after a while", async () => {
  const redis = await startRedis();
  const admin = new Redis(redis.url);
  const queue = openRunQueue({ kind: "redis", url: redis.url }, { onError: () => undefined });
  try {
    await answers(queue);
    await admin.call("CLIENT", "PAUSE", "60000", "ALL");
    const refusals: unknown[] = [];
    await eventually(() => {
      void queue.enqueue(RUN).catch((error: unknown) => refusals.push(error));
      return refusals.length > 0;
    }, DEADLINE);
    expect(String(refusals[0])).toContain("could not be reached");
  } finally {
    await redis.stop();
    admin.disconnect();
    await queue.close();
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
  await answers(working.queue);
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
