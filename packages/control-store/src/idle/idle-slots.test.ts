import { expect, test } from "vitest";
import { useControlStore } from "../../test/use-control-store.ts";
import { acquireLease } from "../leases/acquire-lease.ts";
import { acquireMaintenanceLease } from "../leases/acquire-maintenance-lease.ts";
import type { LeaseRef } from "../leases/lease-ref.ts";
import { releaseLease } from "../leases/release-lease.ts";
import { forgetIdle } from "./forget-idle.ts";
import { noteIdle } from "./note-idle.ts";
import { slotsToRestore } from "./slots-to-restore.ts";

const control = useControlStore({ slotCount: 3 });
const { db } = control;
const [first, second, third] = control.slots as [LeaseRef["slotId"], LeaseRef["slotId"], LeaseRef["slotId"]];

async function underMaintenance(slot: LeaseRef["slotId"]): Promise<LeaseRef> {
  const lease = await acquireMaintenanceLease(db, slot, 60);
  if (lease === undefined) throw new Error(`${slot} is not free`);
  return lease;
}

async function restored(slot: LeaseRef["slotId"]): Promise<void> {
  const lease = await underMaintenance(slot);
  await db.transaction().execute((tx) => noteIdle(tx, lease));
  await releaseLease(db, lease, { clean: true });
}

test("every free slot is to be restored until it was, the last one first", async () => {
  expect(await slotsToRestore(db)).toEqual([third, second, first]);
  await restored(second);
  await restored(second);
  expect(await slotsToRestore(db)).toEqual([third, first]);
});

test("a slot that is held, by a run or by another operation, is nobody's to restore", async () => {
  await releaseLease(db, await underMaintenance(third), { clean: true });
  const { runId } = await control.queueRun();
  await acquireLease(db, { runId, ttlSeconds: 60 });
  await underMaintenance(second);
  expect(await slotsToRestore(db)).toEqual([third]);
});

test("a slot whose note was forgotten is to be restored again, one that was only looked after is not", async () => {
  await Promise.all(control.slots.map(restored));
  await releaseLease(db, await underMaintenance(first), { clean: true });
  expect(await slotsToRestore(db)).toEqual([]);
  await forgetIdle(db, first);
  await forgetIdle(db, first);
  expect(await slotsToRestore(db)).toEqual([first]);
});

test("while a run is on its way a slot that nobody ever had waits, and one that has something to lose does not", async () => {
  await releaseLease(db, await underMaintenance(second), { clean: true });
  const { runId } = await control.queueRun();
  expect(await slotsToRestore(db)).toEqual([second]);
  await db.updateTable("runs").set({ status: "needs_approval" }).where("run_id", "=", runId).execute();
  expect(await slotsToRestore(db)).toEqual([third, second, first]);
});
