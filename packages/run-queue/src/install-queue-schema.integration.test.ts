import { QUEUE_SCHEMA, type RunId } from "@oroboros/slot-contract";
import { eventually, startPostgres, type TestPostgres } from "@oroboros/test-support";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { installQueueSchema } from "./install-queue-schema.ts";
import { openRunQueue } from "./open-run-queue.ts";
import { startRunWorker } from "./start-run-worker.ts";

const ROLES = ["queue api", "queue_worker"];
const RUN = "6a1f0c1e-58f5-4f0e-9a70-1a1c51d2f5aa" as RunId;
// Roles belong to the whole server, so this file has one of its own.
let server: TestPostgres;

beforeAll(async () => {
  server = await startPostgres();
  await query(server.superuserUrl(), ...ROLES.map((role) => `create role "${role}" login password 'test'`));
  await Promise.all(Array.from({ length: 4 }, () => installQueueSchema(server.superuserUrl(), ROLES)));
});
afterAll(() => server.stop());

test("roles that own nothing enqueue and work after an installation, and after a second one", async () => {
  await installQueueSchema(server.superuserUrl(), ROLES);
  const [api, worker] = ROLES.map((role) => ({ kind: "postgres", databaseUrl: urlOf(role) }) as const);
  const errors: unknown[] = [];
  const seen: string[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const process = async (job: { run_id: string }): Promise<void> => void seen.push(job.run_id);
  const running = startRunWorker(worker!, { concurrency: 1, onError, process });
  const queue = openRunQueue(api!, { onError });
  try {
    await queue.enqueue(RUN);
    await eventually(() => seen.length === 1, { deadlineMs: 20_000 });
  } finally {
    await queue.close();
    await running.close();
  }
  expect(errors).toEqual([]);
});

test.each([`create table ${QUEUE_SCHEMA}.mine ()`, `drop schema ${QUEUE_SCHEMA} cascade`, "create schema mine"])(
  "such a role may not: %s",
  async (statement) => {
    for (const role of ROLES) await expect(query(urlOf(role), statement)).rejects.toMatchObject({ code: "42501" });
  },
);

test("a role that was not named can not read the queue", async () => {
  await query(server.superuserUrl(), "create role stranger login password 'test'");
  const queue = openRunQueue({ kind: "postgres", databaseUrl: urlOf("stranger") }, { onError: () => undefined });
  await expect(queue.enqueue(RUN)).rejects.toThrow();
  await queue.close();
});

async function query(url: string, ...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

function urlOf(role: string): string {
  const url = new URL(server.superuserUrl());
  url.username = role;
  url.password = "test";
  return url.href;
}
