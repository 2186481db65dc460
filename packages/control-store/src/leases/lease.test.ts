import type { LeaseEpoch } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { useControlStore } from "../../test/use-control-store.ts";
import { acquireLease } from "./acquire-lease.ts";
import { acquireMaintenanceLease } from "./acquire-maintenance-lease.ts";
import { claimSlot } from "./claim-slot.ts";
import { findLease } from "./find-lease.ts";
import { holdLease } from "./hold-lease.ts";
import { holdsLease } from "./holds-lease.ts";
import type { Lease } from "./lease-ref.ts";
import { provisionSlots } from "./provision-slots.ts";
import { reapExpiredLeases } from "./reap-expired-leases.ts";
import { releaseLease } from "./release-lease.ts";
import { renewLease } from "./renew-lease.ts";

const CLEAN = { clean: true };
const control = useControlStore({ slotCount: 2 });
const { db } = control;
const [slot, otherSlot] = control.slots as [(typeof control.slots)[0], (typeof control.slots)[0]];

async function aLease(): Promise<Lease> {
  const { runId } = await control.queueRun();
  return leaseOf(await acquireLease(db, { runId, ttlSeconds: 600 }));
}

function leaseOf(lease: Lease | undefined): Lease {
  if (lease === undefined) throw new Error("no slot was free");
  return lease;
}

const hold = (lease: Pick<Lease, "slotId" | "leaseEpoch">): Promise<void> =>
  db.transaction().execute((tx) => holdLease(tx, lease));

test("the holder that asks again gets the lease it has, for longer", async () => {
  const first = await aLease();
  const again = leaseOf(await acquireLease(db, { runId: first.runId, ttlSeconds: 900 }));
  expect(again).toMatchObject({ slotId: first.slotId, leaseEpoch: first.leaseEpoch });
  expect(again.expiresAt.getTime()).toBeGreaterThan(first.expiresAt.getTime());
  const shorter = leaseOf(await acquireLease(db, { runId: first.runId, ttlSeconds: 1 }));
  expect(shorter.expiresAt).toEqual(again.expiresAt);
  expect(await findLease(db, otherSlot)).toMatchObject({ leaseState: "free" });
});

test("a holder that asks again while its lease is taken away does not get the old grant back", async () => {
  const lease = await aLease();
  const next = await control.queueRun();
  let asking: Promise<Lease | undefined> | undefined;
  await db.transaction().execute(async (tx) => {
    await releaseLease(tx, lease, CLEAN);
    await acquireMaintenanceLease(tx, otherSlot, 600);
    leaseOf(await acquireLease(tx, { runId: next.runId, ttlSeconds: 600 }));
    asking = acquireLease(db, { runId: lease.runId, ttlSeconds: 600 });
    await control.someoneWaits();
  });
  expect(await asking).toBeUndefined();
  expect(await findLease(db, slot)).toMatchObject({ runId: next.runId, leaseEpoch: "2" });
});

test("a grant of the same slot has a new epoch, also to the same run", async () => {
  const first = await aLease();
  await releaseLease(db, first, CLEAN);
  const second = leaseOf(await acquireLease(db, { runId: first.runId, ttlSeconds: 600 }));
  expect(second).toMatchObject({ slotId: slot, leaseEpoch: "2" });
});

test("no free slot, no lease", async () => {
  await aLease();
  await aLease();
  const { runId } = await control.queueRun();
  expect(await acquireLease(db, { runId, ttlSeconds: 600 })).toBeUndefined();
});

test("an expired lease is no free slot before it is reaped", async () => {
  const lease = await aLease();
  await aLease();
  await control.expireIn(lease.slotId, -1);
  const { runId } = await control.queueRun();
  expect(await acquireLease(db, { runId, ttlSeconds: 600 })).toBeUndefined();
});

test("a run whose lease ran out gets no second slot before that is reaped", async () => {
  const { slotId, runId } = await aLease();
  await control.expireIn(slotId, -1);
  expect(await acquireLease(db, { runId, ttlSeconds: 600 })).toBeUndefined();
  await reapExpiredLeases(db);
  expect(await acquireLease(db, { runId, ttlSeconds: 600 })).toMatchObject({ slotId: otherSlot, leaseEpoch: "1" });
});

test("an epoch of before is refused by everything that takes one", async () => {
  const old = await aLease();
  await releaseLease(db, old, CLEAN);
  const now = await aLease();
  expect(now.slotId).toBe(old.slotId);
  expect(await renewLease(db, old, 600)).toBe(false);
  expect(await releaseLease(db, old)).toBe(false);
  await expect(hold(old)).rejects.toMatchObject({ code: "stale_lease" });
  expect(await findLease(db, now.slotId)).toMatchObject({ leaseState: "held", expiresAt: now.expiresAt });
});

test("an epoch that was never given is refused", async () => {
  const lease = await aLease();
  const future = { slotId: lease.slotId, leaseEpoch: "2" as LeaseEpoch };
  expect(await renewLease(db, future, 600)).toBe(false);
  expect(await releaseLease(db, future)).toBe(false);
  await expect(hold(future)).rejects.toMatchObject({ code: "stale_lease" });
  await expect(hold({ slotId: otherSlot, leaseEpoch: "0" as LeaseEpoch })).rejects.toMatchObject({
    code: "stale_lease",
  });
});

test("an expired lease can neither be renewed nor held, even if nobody reaped it", async () => {
  const lease = await aLease();
  await control.expireIn(lease.slotId, -0.001);
  expect(await renewLease(db, lease, 600)).toBe(false);
  await expect(hold(lease)).rejects.toMatchObject({ code: "stale_lease" });
  expect(await findLease(db, lease.slotId)).toMatchObject({ leaseState: "expired", runId: lease.runId });
});

test("a lease that expires in a transaction that began before is not held", async () => {
  const lease = await aLease();
  const held = db.transaction().execute(async (tx) => {
    await sql`select now()`.execute(tx);
    await control.expireIn(lease.slotId, -0.001);
    await holdLease(tx, lease);
  });
  await expect(held).rejects.toMatchObject({ code: "stale_lease" });
});

test("a grant is held until it is released, expired or granted anew, and looking changes nothing", async () => {
  const lease = await aLease();
  const before = await findLease(db, lease.slotId);
  expect(await holdsLease(db, lease)).toBe(true);
  expect(await findLease(db, lease.slotId)).toEqual(before);
  await control.expireIn(lease.slotId, -1);
  expect(await holdsLease(db, lease)).toBe(false);
  await control.expireIn(lease.slotId, 60);
  await releaseLease(db, lease, CLEAN);
  expect(await holdsLease(db, lease)).toBe(false);
  await acquireMaintenanceLease(db, lease.slotId, 60);
  expect(await holdsLease(db, lease)).toBe(false);
});

test("renewing extends, notes a heartbeat and never shortens", async () => {
  const lease = await aLease();
  const before = await findLease(db, lease.slotId);
  expect(await renewLease(db, lease, 3_600)).toBe(true);
  const extended = await findLease(db, lease.slotId);
  expect(extended.expiresAt!.getTime()).toBeGreaterThan(lease.expiresAt.getTime());
  expect(extended.heartbeatAt!.getTime()).toBeGreaterThanOrEqual(before.heartbeatAt!.getTime());
  expect(await renewLease(db, lease, 1)).toBe(true);
  expect(await findLease(db, lease.slotId)).toMatchObject({ expiresAt: extended.expiresAt });
});

test("a second release frees nothing", async () => {
  const lease = await aLease();
  expect(await releaseLease(db, lease, CLEAN)).toBe(true);
  expect(await releaseLease(db, lease, CLEAN)).toBe(false);
  expect(await findLease(db, lease.slotId)).toMatchObject({ leaseState: "free", runId: null, leaseEpoch: "1" });
});

test("reaping takes away what ran out, says whose it was, and leaves the rest", async () => {
  const lost = await aLease();
  const kept = await aLease();
  await control.expireIn(lost.slotId, -1);
  const reaped = await Promise.all([reapExpiredLeases(db), reapExpiredLeases(db)]);
  expect(reaped.flat()).toEqual([{ slotId: lost.slotId, runId: lost.runId, leaseEpoch: lost.leaseEpoch }]);
  expect(await findLease(db, lost.slotId)).toMatchObject({ leaseState: "quarantined", runId: null });
  expect(await findLease(db, kept.slotId)).toMatchObject({ leaseState: "held", runId: kept.runId });
  expect(await reapExpiredLeases(db)).toEqual([]);
});

test("a lease that somebody is just reaping is not reaped by another, who does not wait for it", async () => {
  const lease = await aLease();
  await control.expireIn(lease.slotId, -1);
  await db.transaction().execute(async (tx) => {
    expect(await reapExpiredLeases(tx)).toHaveLength(1);
    const other = db.transaction().execute(async (otherTx) => {
      await sql`set local lock_timeout = '1s'`.execute(otherTx);
      return reapExpiredLeases(otherTx);
    });
    expect(await other).toEqual([]);
  });
});

test("a maintenance lease blocks a claim, is refused where the slot is held, and is reaped", async () => {
  const maintenance = await Promise.all(control.slots.map((name) => acquireMaintenanceLease(db, name, 600)));
  expect(maintenance).toEqual(control.slots.map((slotId) => ({ slotId, runId: null, leaseEpoch: "1" })));
  expect(await acquireMaintenanceLease(db, slot, 600)).toBeUndefined();
  const { runId } = await control.queueRun();
  expect(await claimSlot(db, { runId, ttlSeconds: 60 })).toMatchObject({ outcome: "waiting" });
  await control.expireIn(slot, -1);
  expect(await reapExpiredLeases(db)).toEqual([maintenance[0]]);
  expect(await findLease(db, slot)).toMatchObject({ leaseState: "quarantined", leaseEpoch: "1" });
});

test.each<[string, (lease: Lease) => Promise<unknown>]>([
  ["release", (lease) => releaseLease(db, lease)],
  ["renewal", (lease) => renewLease(db, lease, 3_600)],
])("a %s waits until the transaction that holds the lease ends", async (_name, change) => {
  const lease = await aLease();
  const order: string[] = [];
  let changed: Promise<unknown> | undefined;
  await db.transaction().execute(async (tx) => {
    await holdLease(tx, lease);
    changed = change(lease).then(() => order.push("changed"));
    await control.someoneWaits();
    order.push("written");
  });
  await changed;
  expect(order).toEqual(["written", "changed"]);
});

test("provisioning slots again leaves their leases alone", async () => {
  const lease = await aLease();
  await provisionSlots(db, control.slots);
  expect(await findLease(db, lease.slotId)).toMatchObject({ leaseEpoch: "1", runId: lease.runId });
});

test("a lease of an unknown slot is a defect, not a free slot", async () => {
  await expect(findLease(db, "preview-9" as typeof slot)).rejects.toThrow("no row for preview-9");
});

test("a slot says which run holds it and how far that run is", async () => {
  const { runId } = await control.queueRun();
  await claimSlot(db, { runId, ttlSeconds: 60 });
  expect(await findLease(db, slot)).toMatchObject({ runId, runStatus: "planning", leaseState: "held" });
  expect(await findLease(db, otherSlot)).toMatchObject({ runId: null, runStatus: null, expiresAt: null });
});
