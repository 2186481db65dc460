import { eventually, rounds } from "@oroboros/test-support";
import type { RunId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { useControlStore } from "../../test/use-control-store.ts";
import { nextQueuedRuns } from "../runs/next-queued-runs.ts";
import { acquireMaintenanceLease } from "./acquire-maintenance-lease.ts";
import { claimSlot } from "./claim-slot.ts";
import type { Lease } from "./lease-ref.ts";
import { releaseLease } from "./release-lease.ts";

const control = useControlStore({ slotCount: 3 });
const { db } = control;
const WORKERS = 12;
const RUNS = rounds(600);

/** The database itself notes each grant to a run, with the slots it left free and the earlier runs that still wait for one. */
async function noteGrants(): Promise<void> {
  await sql`create table grants (id bigint generated always as identity, run_id uuid, slot_id text, ahead bigint, free bigint)`.execute(
    db,
  );
  await sql`
    create function note_grant() returns trigger language plpgsql as $$
    begin
      insert into grants (run_id, slot_id, ahead, free) values (new.run_id, new.slot_id,
        (select count(*) from runs where status = 'queued'
          and arrival < (select arrival from runs where run_id = new.run_id)),
        (select count(*) from slot_leases where expires_at is null));
      return null;
    end $$`.execute(db);
  await sql`
    create trigger note_grant after update on slot_leases for each row
      when (new.run_id is not null and old.run_id is null) execute function note_grant()`.execute(db);
}

test(`${WORKERS} workers give ${RUNS} runs three slots: none is passed over, none starts twice, no two share a slot`, async () => {
  await noteGrants();
  const arrived: RunId[] = [];
  for (let index = 0; index < RUNS; index += 1) arrived.push((await control.queueRun(`run ${index}`)).runId);
  const holding = new Map<string, RunId>();
  const started: RunId[] = [];
  const work = async (lease: Lease): Promise<void> => {
    expect(holding.get(lease.slotId)).toBeUndefined();
    holding.set(lease.slotId, lease.runId);
    started.push(lease.runId);
    // As long as a few statements take, a different number for each.
    for (let left = started.length % 5; left > 0; left -= 1) await sql`select`.execute(db);
    holding.delete(lease.slotId);
    expect(await releaseLease(db, lease, { clean: true })).toBe(true);
  };
  await eventually(
    async () => {
      await Promise.all(Array.from({ length: WORKERS }, (_, worker) => takeTurn(worker, work)));
      return started.length === RUNS;
    },
    { deadlineMs: 25_000 },
  );

  expect(new Set(started)).toEqual(new Set(arrived));
  const { rows } = await sql<{ run_id: RunId; passed_over: boolean }>`
    select run_id, ahead > free as passed_over from grants order by id`.execute(db);
  expect(rows.filter((row) => row.passed_over)).toEqual([]);
  // With three slots at most two earlier runs can be about to take the ones that are left to them.
  for (const [place, { run_id: runId }] of rows.entries())
    expect(arrived.indexOf(runId) - place).toBeLessThanOrEqual(2);
});

/** What a worker does when it is woken: for any of the queued runs, or to tidy up a slot that nobody needs just now. */
async function takeTurn(worker: number, work: (lease: Lease) => Promise<void>): Promise<void> {
  const slot = control.slots[worker % control.slots.length]!;
  const lease = worker % 4 === 0 ? await acquireMaintenanceLease(db, slot, 60) : undefined;
  if (lease !== undefined) await releaseLease(db, lease, { clean: true });
  for (const runId of (await nextQueuedRuns(db)).toReversed()) {
    const claim = await claimSlot(db, { runId, ttlSeconds: 60 });
    if (claim.outcome === "claimed") await work(claim.lease);
  }
}
