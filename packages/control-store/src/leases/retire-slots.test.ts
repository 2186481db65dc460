import type { SlotId } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { liveRun } from "../../test/live-run.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { slotsToRestore } from "../idle/slots-to-restore.ts";
import { readCoreMetrics } from "../metrics/read-core-metrics.ts";
import { findRun } from "../runs/find-run.ts";
import { nextQueuedRuns } from "../runs/next-queued-runs.ts";
import { acquireMaintenanceLease } from "./acquire-maintenance-lease.ts";
import { claimSlot } from "./claim-slot.ts";
import { endRun } from "./end-run.ts";
import { listSlots } from "./list-slots.ts";
import { replacePreview } from "./replace-preview.ts";
import { retireSlots } from "./retire-slots.ts";
import { slotsToClean } from "./slots-to-clean.ts";

const control = useControlStore({ slotCount: 2 });
const { db } = control;
const [kept, gone] = control.slots as [SlotId, SlotId];
const listed = async (): Promise<SlotId[]> => (await listSlots(db)).map(({ slotId }) => slotId);
/** As a worker does it, but for the cleaning itself. */
const cleanAll = (): Promise<unknown> => db.updateTable("slot_leases").set({ quarantined_at: null }).execute();

test("a slot that the installation has no more is granted to nobody, restored by nobody, and not listed", async () => {
  await liveRun(control);
  expect(await retireSlots(db, { keep: [kept] })).toEqual([gone]);
  expect(await retireSlots(db, { keep: [kept] })).toEqual([]);
  const { runId } = await control.queueRun();
  expect(await claimSlot(db, { runId, ttlSeconds: 60 })).toEqual({ outcome: "waiting", queuePosition: 1 });
  expect(await findRun(db, runId)).toMatchObject({ waitsForSlot: true });
  expect(await nextQueuedRuns(db)).toEqual([]);
  expect(await slotsToRestore(db)).toEqual([]);
  expect(await acquireMaintenanceLease(db, gone, 60)).toBeUndefined();
  expect(await listed()).toEqual([kept]);
  expect(await readCoreMetrics(db, 1)).toMatchObject({ slots_free: 0, slots_total: 1 });
});

test("a run keeps its slot that was retired, which is cleaned after it and then given to nobody", async () => {
  await liveRun(control);
  const { runId, slotId } = await liveRun(control);
  expect(slotId).toBe(gone);
  await retireSlots(db, { keep: [kept] });
  expect(await findRun(db, runId)).toMatchObject({ slotId: gone, status: "needs_approval" });
  expect(await listed()).toEqual([kept, gone]);
  await endRun(db, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  expect(await slotsToClean(db)).toEqual([gone]);
  await cleanAll();
  expect(await listed()).toEqual([kept]);
  const next = await control.queueRun();
  expect(await claimSlot(db, { runId: next.runId, ttlSeconds: 60 })).toMatchObject({ outcome: "waiting" });
});

test("a slot that comes back is granted again, and a reservation of it is over", async () => {
  await liveRun(control);
  await liveRun(control);
  const { runId } = await control.queueRun();
  await replacePreview(db, { slotId: gone, runId });
  await retireSlots(db, { keep: [kept] });
  await cleanAll();
  expect(await replacePreview(db, { slotId: kept, runId })).toMatchObject({ reason: "replaced" });
  expect(await retireSlots(db, { keep: [kept, gone] })).toEqual([]);
  await cleanAll();
  const other = await control.queueRun();
  expect(await claimSlot(db, { runId: other.runId, ttlSeconds: 60 })).toMatchObject({
    outcome: "claimed",
    lease: { slotId: gone },
  });
});
