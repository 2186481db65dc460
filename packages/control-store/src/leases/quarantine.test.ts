import type { SlotId } from "@oroboros/slot-contract";
import { sql, type RawBuilder } from "kysely";
import { expect, test } from "vitest";
import { upForAWhile } from "../../test/presence.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { slotsToRestore } from "../idle/slots-to-restore.ts";
import { findRun } from "../runs/find-run.ts";
import { nextQueuedRuns } from "../runs/next-queued-runs.ts";
import { transitionRun } from "../runs/transition-run.ts";
import { acquireMaintenanceLease } from "./acquire-maintenance-lease.ts";
import { claimSlot } from "./claim-slot.ts";
import { findLease } from "./find-lease.ts";
import type { Lease, LeaseRef } from "./lease-ref.ts";
import { endQuarantine, quarantine } from "./quarantine.ts";
import { reapExpiredLeases } from "./reap-expired-leases.ts";
import { releaseLease } from "./release-lease.ts";
import { slotsToClean } from "./slots-to-clean.ts";

const control = useControlStore({ slotCount: 2 });
const { db } = control;
const [slot, other] = control.slots as [SlotId, SlotId];

async function claimed(): Promise<Lease> {
  const { runId } = await control.queueRun();
  const claim = await claimSlot(db, { runId, ttlSeconds: 600 });
  if (claim.outcome !== "claimed") throw new Error(`the run is ${claim.outcome}`);
  return claim.lease;
}

async function cleaning(of: SlotId = slot): Promise<LeaseRef> {
  const lease = await acquireMaintenanceLease(db, of, 60, { quarantined: true });
  if (lease === undefined) throw new Error(`${of} is not to be cleaned`);
  return lease;
}

const cleaned = (lease: LeaseRef): Promise<void> =>
  db.transaction().execute(async (tx) => {
    await endQuarantine(tx, lease);
    await releaseLease(tx, lease, { clean: true });
  });

const heardOf = (at: RawBuilder<unknown>): Promise<unknown> =>
  sql`update slot_leases set heartbeat_at = ${at}`.execute(db);

const stateOf = async (of: SlotId): Promise<string> => (await findLease(db, of)).leaseState;

test("a slot that a run has left is given to nobody, counted by nobody and restored by nobody until it is clean", async () => {
  const left = await claimed();
  const full = await claimed();
  await releaseLease(db, left);
  const { runId } = await control.queueRun();
  expect(await stateOf(slot)).toBe("quarantined");
  expect(await claimSlot(db, { runId, ttlSeconds: 60 })).toMatchObject({ outcome: "waiting" });
  expect(await findRun(db, runId)).toMatchObject({ waitsForSlot: true, queuePosition: 1 });
  expect(await nextQueuedRuns(db)).toEqual([]);
  expect(await slotsToRestore(db)).toEqual([]);
  expect(await acquireMaintenanceLease(db, slot, 60)).toBeUndefined();

  await cleaned(await cleaning());
  expect(await stateOf(slot)).toBe("free");
  expect(await findRun(db, runId)).toMatchObject({ waitsForSlot: false });
  expect(await nextQueuedRuns(db)).toEqual([runId]);
  expect(await claimSlot(db, { runId, ttlSeconds: 60 })).toMatchObject({ outcome: "claimed", lease: { slotId: slot } });
  expect(await stateOf(full.slotId)).toBe("held");
});

test("a slot that was emptied under its lease, or that its lease has put nothing into, is free at once", async () => {
  const emptied = await claimed();
  await releaseLease(db, emptied, { clean: true });
  expect(await stateOf(slot)).toBe("free");
});

test("a queue that needs every grantable slot is not disturbed by work that can wait, quarantined slots not counted", async () => {
  await quarantine(db, other);
  await control.queueRun();
  expect(await acquireMaintenanceLease(db, slot, 60, { unlessQueued: true })).toBeUndefined();
});

test("one cleans a slot at a time, under a new epoch, and only what is in quarantine", async () => {
  const left = await claimed();
  await releaseLease(db, left);
  const tries = await Promise.all([1, 2, 3].map(() => acquireMaintenanceLease(db, slot, 60, { quarantined: true })));
  const leases = tries.filter((lease) => lease !== undefined);
  expect(leases).toEqual([{ slotId: slot, runId: null, leaseEpoch: String(BigInt(left.leaseEpoch) + 1n) }]);
  expect(await slotsToClean(db)).toEqual([]);
  expect(await stateOf(slot)).toBe("held");
  expect(await acquireMaintenanceLease(db, other, 60, { quarantined: true })).toBeUndefined();
});

test("a cleaning that fails, is killed or is taken away leaves the slot in quarantine", async () => {
  await quarantine(db, slot);
  const failed = await cleaning();
  await releaseLease(db, failed);
  expect(await stateOf(slot)).toBe("quarantined");
  const givenUp = await cleaning();
  await releaseLease(db, givenUp, { clean: true });
  expect(await stateOf(slot)).toBe("quarantined");
  const killed = await cleaning();
  await control.expireIn(slot, -1);
  await expect(cleaned(killed)).rejects.toMatchObject({ code: "stale_lease" });
  await reapExpiredLeases(db);
  expect(await stateOf(slot)).toBe("quarantined");
  await cleaning();
  await expect(cleaned(killed)).rejects.toMatchObject({ code: "stale_lease" });
  expect(await stateOf(slot)).toBe("held");
});

test("that a slot was cleaned is in the audit log", async () => {
  await quarantine(db, slot);
  const lease = await cleaning();
  await cleaned(lease);
  const rows = await db.selectFrom("audit_log").selectAll().where("action", "=", "slot_cleaned").execute();
  expect(rows).toMatchObject([{ slot_id: slot, run_id: null, detail: { lease_epoch: lease.leaseEpoch } }]);
});

test("a free slot can be sent to be cleaned, one that somebody holds can not", async () => {
  expect(await quarantine(db, slot)).toBe(true);
  expect(await quarantine(db, slot)).toBe(true);
  expect(await slotsToClean(db)).toEqual([slot]);
  await acquireMaintenanceLease(db, other, 60);
  expect(await quarantine(db, other)).toBe(false);
  expect(await stateOf(other)).toBe("held");
});

test("slots are cleaned in the order in which they were left, one that a run was promised before the others", async () => {
  await quarantine(db, other);
  await quarantine(db, slot);
  expect(await slotsToClean(db)).toEqual([other, slot]);
  const { runId } = await control.queueRun();
  await db.updateTable("slot_leases").set({ reserved_run_id: runId }).where("slot_id", "=", slot).execute();
  expect(await slotsToClean(db)).toEqual([slot, other]);
  await transitionRun(db, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  expect(await slotsToClean(db)).toEqual([other, slot]);
});

test("the lease of an operation whose worker is dead is reaped long before it runs out, a run's is not", async () => {
  const dead = { workerId: 424_242 };
  const { runId } = await control.queueRun();
  const run = await claimSlot(db, { runId, ttlSeconds: 600, ...dead });
  const maintenance = await acquireMaintenanceLease(db, other, 600, dead);
  expect(run.outcome).toBe("claimed");
  // Not before the server has run for some seconds: those who live had to take their locks again.
  await upForAWhile(db);
  // However long this machine takes for the next statement.
  await heardOf(sql`clock_timestamp() + interval '1 hour'`);
  expect(await reapExpiredLeases(db)).toEqual([]);
  await heardOf(sql`clock_timestamp() - interval '2 seconds'`);
  expect(await reapExpiredLeases(db)).toEqual([maintenance]);
  expect(await stateOf(other)).toBe("quarantined");
});
