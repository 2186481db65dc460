import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { claimSlot, type Lease } from "@oroboros/control-store";
import { SLOT_LIMITS, slotDatabaseUrl } from "@oroboros/db-safety";
import { LEASE_TTL_SECONDS, type SlotId } from "@oroboros/slot-contract";
import { eventually, queryRows } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkDatabase } from "../slots/check-database.ts";
import { aWorld, type TestWorld } from "../testing/a-world.ts";
import { guardSizes, keepGuarding } from "./guard-databases.ts";
import { resetDatabase } from "./reset-database.ts";
import { slotAccess } from "./slot-access.ts";

const PSQL = "/usr/lib/postgresql/15/bin/psql";
const MEGABYTE = 1024 ** 2;
const LIMITS = { ...SLOT_LIMITS, bytes: 32 * MEGABYTE, templateFactor: 1 };
const GROW =
  "create table if not exists big as select repeat(md5(random()::text), 60) as t from generate_series(1, 20000)";
const APP = {
  "oroboros.app.json": JSON.stringify({
    name: "tiny",
    frontend: {},
    backend: { start: ["node", "server.js"] },
    database: { migrations: "sql" },
  }),
  "sql/001_items.sql": "create table items (name text);",
};

// Nothing here starts a process: the supervisor's socket is not there.
let world: TestWorld;
let lease: Lease;
beforeAll(async () => {
  world = await aWorld();
  await world.push("main", APP);
  lease = await hold();
  await reset(lease);
});
afterAll(() => world?.[Symbol.asyncDispose]());

async function hold(): Promise<Lease> {
  const claim = await claimSlot(world.context.store, {
    runId: await world.queueRun({}),
    ttlSeconds: LEASE_TTL_SECONDS,
  });
  if (claim.outcome !== "claimed") throw new Error(`the run is ${claim.outcome}`);
  return claim.lease;
}

const reset = ({ slotId, runId }: Lease): Promise<unknown> =>
  resetDatabase(world.context, { slot: slotId, runId, force: false, dryRun: false, seedVersion: null });

const asSlot = async (slot: SlotId, ...statements: string[]): Promise<unknown> =>
  queryRows(slotDatabaseUrl(await slotAccess(world.context, slot)), ...statements);

const lockedOut = async (): Promise<Record<string, unknown>[]> =>
  (await world.events(lease.runId))
    .filter(({ eventType }) => eventType === "database_locked_out")
    .map(({ detail }) => detail);

test("a run whose database grows past its limit is locked out once, told what to do, and has a fresh one after that", async () => {
  await asSlot(lease.slotId, GROW);
  await guardSizes(world.context, LIMITS);
  await guardSizes(world.context, LIMITS);
  const [detail, ...more] = await lockedOut();
  expect(more).toEqual([]);
  expect(detail).toMatchObject({
    limit: LIMITS.bytes,
    message: expect.stringMatching(/^app_preview_\d has grown to \d+ MB, and may take 32 MB/),
    hint: `Give ${lease.slotId} a fresh database with: oroboros db reset --slot ${lease.slotId} --run-id ${lease.runId}`,
  });
  await expect(asSlot(lease.slotId, "select 1")).rejects.toMatchObject({ code: "28000" });
  expect(await checkDatabase(world.context, lease.slotId, LIMITS)).toMatchObject([
    {
      name: "database",
      healthy: false,
      detail: expect.stringMatching(/^takes \d+ of 32 MB, and its backend is let in no more/),
    },
  ]);
  await reset(lease);
  await asSlot(lease.slotId, "select 1");
  await guardSizes(world.context, LIMITS);
  expect(await lockedOut()).toHaveLength(1);
  expect(await checkDatabase(world.context, lease.slotId, LIMITS)).toEqual([]);
});

/** In a process of its own, which may be cut off. */
async function psql(slot: SlotId, ...statements: string[]): Promise<void> {
  const url = slotDatabaseUrl(await slotAccess(world.context, slot));
  await promisify(execFile)(PSQL, ["--no-psqlrc", ...statements.flatMap((statement) => ["-c", statement]), url]);
}

test("a worker that looks after the slots ends a session whose statement does not end, and caps what grows meanwhile", async () => {
  const over = new AbortController();
  const limits = { ...LIMITS, transactionSeconds: 5 };
  const guarding = keepGuarding(world.context, { intervalMs: 50, signal: over.signal, limits });
  const sleeping = psql(lease.slotId, "set statement_timeout = 0", "select pg_sleep(600)");
  await expect(sleeping).rejects.toThrow("terminating connection due to administrator command");
  // A busy machine may take longer than that to fill a table.
  limits.transactionSeconds = LIMITS.transactionSeconds;
  const grown = async (): Promise<boolean> => {
    await psql(lease.slotId, GROW).catch(() => undefined);
    return (await lockedOut()).length === 2;
  };
  await eventually(grown, { deadlineMs: 60_000 });
  over.abort();
  await guarding;
});
