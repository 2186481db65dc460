import { sql } from "kysely";
import { expect, test } from "vitest";
import { useControlStore } from "../../test/use-control-store.ts";
import { claimSlot } from "../leases/claim-slot.ts";
import type { StoreTransaction } from "../schema.ts";
import { findRun } from "./find-run.ts";
import { listRuns } from "./list-runs.ts";
import { nextQueuedRuns } from "./next-queued-runs.ts";

const { db } = useControlStore({ slotCount: 2 });
const QUEUED = 2_000;

test("who is next is known without reading a long queue, whether slots are free or not", async () => {
  await queueMany();
  const free = await rowsReadBy(nextQueuedRuns);
  expect(free.answer).toHaveLength(2);
  expect(free.rows).toBeLessThan(20);
  for (const runId of free.answer) {
    expect(await claimSlot(db, { runId, ttlSeconds: 60 })).toMatchObject({ outcome: "claimed" });
  }
  const taken = await rowsReadBy(nextQueuedRuns);
  expect(taken.answer).toEqual([]);
  expect(taken.rows).toBeLessThan(20);
});

test("a page of a long queue numbers it once, as each of its runs is numbered", async () => {
  await queueMany();
  const { answer: page, rows } = await rowsReadBy((tx) => listRuns(tx, { limit: 200, offset: 0 }));
  expect(rows).toBeLessThan(4 * QUEUED);
  expect(page.items.map(({ queuePosition }) => queuePosition)).toEqual(
    Array.from({ length: 200 }, (_, at) => QUEUED - at),
  );
  const [last] = page.items;
  expect(last).toMatchObject({ queuePosition: QUEUED, waitsForSlot: true });
  expect(await findRun(db, last!.runId)).toEqual(last);
});

test("only the runs that the free slots are for do not wait for one", async () => {
  await queueMany();
  const { items } = await listRuns(db, { limit: 3, offset: QUEUED - 3 });
  expect(items.map(({ waitsForSlot }) => waitsForSlot)).toEqual([true, false, false]);
});

async function queueMany(): Promise<void> {
  await sql`insert into runs (title, prompt, branch) select 'a run', '', 'main' from generate_series(1, ${sql.lit(QUEUED)})`.execute(
    db,
  );
  await sql`analyze runs`.execute(db);
}

/** What this answers, and how many rows of runs PostgreSQL fetched for it. */
function rowsReadBy<T>(read: (tx: StoreTransaction) => Promise<T>): Promise<{ answer: T; rows: number }> {
  return db.transaction().execute(async (tx) => {
    const before = await rowsRead(tx);
    const answer = await read(tx);
    return { answer, rows: (await rowsRead(tx)) - before };
  });
}

async function rowsRead(tx: StoreTransaction): Promise<number> {
  const { rows } = await sql<{ read: number }>`
    select (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as read
    from pg_stat_xact_user_tables where relname = 'runs'`.execute(tx);
  return rows[0]?.read ?? 0;
}
