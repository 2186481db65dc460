import type { PublishJob, RunId } from "@oroboros/slot-contract";
import { eventually, startRedis, type TestRedis } from "@oroboros/test-support";
import { usePostgres } from "@oroboros/test-support/use-postgres";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { installQueueSchema } from "./install-queue-schema.ts";
import { openRunQueue, type RunQueue } from "./open-run-queue.ts";
import { queueTransport, type QueueTransport } from "./queue-transport.ts";
import { startRunWorker, type RunWorker } from "./start-run-worker.ts";

const database = usePostgres();
const DEADLINE = { deadlineMs: 20_000 };
const RUN = "6a1f0c1e-58f5-4f0e-9a70-1a1c51d2f5aa" as RunId;
const OTHER_RUN = "7b2f0c1e-58f5-4f0e-9a70-1a1c51d2f5bb" as RunId;
let redis: TestRedis;

beforeAll(async () => {
  [redis] = await Promise.all([startRedis(), installQueueSchema(database.url, [])]);
});
afterAll(() => redis.stop());

describe.each<[string, () => QueueTransport]>([
  ["PostgreSQL", () => queueTransport({ DATABASE_URL: database.url })],
  ["Redis", () => queueTransport({ DATABASE_URL: database.url, REDIS_URL: redis.url })],
])("on %s", (kind, transport) => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).toReversed()) await one.close();
  });

  /** Once it has its connection: whoever wakes a worker waits a second for that, which is short for a busy machine. */
  const queueOf = async (): Promise<RunQueue> => {
    const queue = openRunQueue(transport(), { onError: fail });
    open.push(queue);
    await eventually(() => queue.ping().then(() => true), DEADLINE);
    return queue;
  };

  async function workerOf(
    process: (job: PublishJob, signal: AbortSignal) => Promise<void>,
    { concurrency = 1, onError = fail }: { concurrency?: number; onError?: (error: unknown) => void } = {},
  ): Promise<RunWorker> {
    const worker = startRunWorker(transport(), { concurrency, onError, process });
    open.push(worker);
    await worker.ready;
    return worker;
  }

  test("the transport is the one that is configured", () => {
    expect(transport().kind).toBe(kind === "Redis" ? "redis" : "postgres");
  });

  test("a waking reaches the worker with its run, and a signal that is not aborted", async () => {
    const seen: unknown[] = [];
    await workerOf(async (job, signal) => void seen.push([job, signal.aborted]));
    await (await queueOf()).enqueue(RUN);
    await eventually(() => seen.length > 0, DEADLINE);
    expect(seen).toEqual([[{ run_id: RUN }, false]]);
  });

  test("a waking reaches one of two workers", async () => {
    const seen: string[] = [];
    const gate = Promise.withResolvers<void>();
    for (const name of ["one", "two"]) {
      await workerOf(async (job) => {
        seen.push(`${name} ${job.run_id}`);
        await gate.promise;
      });
    }
    const queue = await queueOf();
    await queue.enqueue(RUN);
    await eventually(() => seen.length === 1, DEADLINE);
    await queue.enqueue(OTHER_RUN);
    await eventually(() => seen.length === 2, DEADLINE);
    gate.resolve();
    expect(seen.map((entry) => entry.split(" ")[1])).toEqual([RUN, OTHER_RUN]);
    expect(new Set(seen.map((entry) => entry.split(" ")[0])).size).toBe(2);
  });

  test("a run that is enqueued twice wakes a worker twice, also after the first was done", async () => {
    const seen: string[] = [];
    await workerOf(async (job) => void seen.push(job.run_id));
    const queue = await queueOf();
    await Promise.all([queue.enqueue(RUN), queue.enqueue(RUN)]);
    await eventually(() => seen.length === 2, DEADLINE);
    await queue.enqueue(RUN);
    await eventually(() => seen.length === 3, DEADLINE);
  });

  test("what was enqueued while nobody worked is delivered when somebody does", async () => {
    const queue = await queueOf();
    await queue.enqueue(RUN);
    await queue.close();
    const seen: string[] = [];
    await workerOf(async (job) => void seen.push(job.run_id));
    await eventually(() => seen.length === 1, DEADLINE);
  });

  test("what a handler throws is reported, the job is not tried again, and the worker goes on", async () => {
    const seen: string[] = [];
    const errors: unknown[] = [];
    const handle = async (job: PublishJob): Promise<void> => {
      seen.push(job.run_id);
      if (job.run_id === RUN) throw new Error("no such branch");
    };
    await workerOf(handle, { onError: (error) => errors.push(error) });
    const queue = await queueOf();
    await queue.enqueue(RUN);
    await queue.enqueue(OTHER_RUN);
    await eventually(() => seen.includes(OTHER_RUN), DEADLINE);
    await eventually(() => errors.length === 1, DEADLINE);
    expect(errors).toMatchObject([{ message: "no such branch" }]);
    expect(seen).toEqual([RUN, OTHER_RUN]);
  });

  test("as many jobs run at once as the worker's concurrency allows", async () => {
    const gate = Promise.withResolvers<void>();
    const running = new Set<string>();
    await workerOf(
      async (job) => {
        running.add(job.run_id);
        await gate.promise;
      },
      { concurrency: 2 },
    );
    const queue = await queueOf();
    await queue.enqueue(RUN);
    await queue.enqueue(OTHER_RUN);
    await eventually(() => running.size === 2, DEADLINE);
    gate.resolve();
  });

  test("a waking for a sweep reaches the worker's sweep, and not its runs", async () => {
    const seen: string[] = [];
    const worker = startRunWorker(transport(), {
      concurrency: 1,
      onError: fail,
      process: async (job) => void seen.push(job.run_id),
      sweep: async () => void seen.push("sweep"),
    });
    open.push(worker);
    await worker.ready;
    const queue = await queueOf();
    await queue.enqueueSweep();
    await queue.enqueue(RUN);
    await queue.enqueueSweep();
    await eventually(() => seen.length === 3, DEADLINE);
    expect(seen).toEqual(["sweep", RUN, "sweep"]);
  });

  test("closing waits for the job that runs, and takes no other", async () => {
    const gate = Promise.withResolvers<void>();
    const order: string[] = [];
    const worker = await workerOf(async (job) => {
      order.push(`start ${job.run_id}`);
      await gate.promise;
      order.push(`end ${job.run_id}`);
    });
    const queue = await queueOf();
    await queue.enqueue(RUN);
    await eventually(() => order.length === 1, DEADLINE);
    const closed = worker.close().then(() => order.push("closed"));
    open.splice(open.indexOf(worker), 1);
    await queue.enqueue(OTHER_RUN);
    gate.resolve();
    await closed;
    expect(order).toEqual([`start ${RUN}`, `end ${RUN}`, "closed"]);

    const later: string[] = [];
    await workerOf(async (job) => void later.push(job.run_id));
    await eventually(() => later.length === 1, DEADLINE);
    expect(later).toEqual([OTHER_RUN]);
  });

  test("a run id that is none is refused before it is queued", async () => {
    await expect((await queueOf()).enqueue("../etc" as RunId)).rejects.toThrow("run id");
  });

  test("a queue that can be reached answers a ping", async () => {
    await (await queueOf()).ping();
  });
});

function fail(error: unknown): never {
  throw new Error("nothing goes wrong here", { cause: error });
}
