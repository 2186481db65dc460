import type { RunId, SlotId } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { commit, liveRun, publishingRun } from "../../test/live-run.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { requestAttempt } from "../attempts/request-attempt.ts";
import { slotsToRestore } from "../idle/slots-to-restore.ts";
import { findRun } from "../runs/find-run.ts";
import { nextQueuedRuns } from "../runs/next-queued-runs.ts";
import { transitionRun } from "../runs/transition-run.ts";
import { acquireMaintenanceLease } from "./acquire-maintenance-lease.ts";
import { claimSlot, type SlotClaim } from "./claim-slot.ts";
import { endRun } from "./end-run.ts";
import { findLease } from "./find-lease.ts";
import { replacePreview } from "./replace-preview.ts";

const control = useControlStore({ slotCount: 2 });
const { db } = control;
const [slot, other] = control.slots as [SlotId, SlotId];
const claim = (runId: RunId): Promise<SlotClaim> => claimSlot(db, { runId, ttlSeconds: 60 });

/** As a worker does it, but for the cleaning itself. */
const cleanAll = (): Promise<unknown> => db.updateTable("slot_leases").set({ quarantined_at: null }).execute();

async function twoQueued(): Promise<[RunId, RunId]> {
  return [(await control.queueRun("earlier")).runId, (await control.queueRun("chosen")).runId];
}

test("the slot of a preview that waits is kept for the chosen run, and given to it before whoever came earlier", async () => {
  const evicted = await liveRun(control);
  await liveRun(control);
  const [earlier, chosen] = await twoQueued();
  expect(await replacePreview(db, { slotId: slot, runId: chosen })).toEqual({
    reason: "replaced",
    evictedRunId: evicted.runId,
  });
  expect(await findRun(db, evicted.runId)).toMatchObject({ status: "expired", slotId: null });
  expect(await claim(chosen)).toMatchObject({ outcome: "waiting" });
  await cleanAll();
  expect(await nextQueuedRuns(db)).toEqual([chosen]);
  expect(await findRun(db, earlier)).toMatchObject({ waitsForSlot: true });
  expect(await findRun(db, chosen)).toMatchObject({ waitsForSlot: false });
  expect(await claim(earlier)).toEqual({ outcome: "waiting", queuePosition: 1 });
  expect(await slotsToRestore(db)).toEqual([]);
  expect(await claim(chosen)).toMatchObject({ outcome: "claimed", lease: { slotId: slot } });
});

test("a reservation takes nothing from the queue: another free slot is the earlier run's", async () => {
  await liveRun(control);
  const [earlier, chosen] = await twoQueued();
  await replacePreview(db, { slotId: slot, runId: chosen });
  await cleanAll();
  expect(await nextQueuedRuns(db)).toEqual([earlier, chosen]);
  expect(await claim(earlier)).toMatchObject({ outcome: "claimed", lease: { slotId: other } });
  expect(await claim(chosen)).toMatchObject({ outcome: "claimed", lease: { slotId: slot } });
});

test("a run is given the slot that is kept for it, and leaves the first free one to the others", async () => {
  const { runId: first } = await liveRun(control);
  await liveRun(control);
  const [earlier, chosen] = await twoQueued();
  await replacePreview(db, { slotId: other, runId: chosen });
  await endRun(db, { runId: first, to: "canceled", reasonCode: "AGENT_CANCELED" });
  await cleanAll();
  expect(await claim(chosen)).toMatchObject({ outcome: "claimed", lease: { slotId: other } });
  expect(await claim(earlier)).toMatchObject({ outcome: "claimed", lease: { slotId: slot } });
});

test("a reservation ends with its run", async () => {
  await liveRun(control);
  const full = await acquireMaintenanceLease(db, other, 600);
  expect(full).toMatchObject({ slotId: other, runId: null });
  const [earlier, chosen] = await twoQueued();
  await replacePreview(db, { slotId: slot, runId: chosen });
  await cleanAll();
  await endRun(db, { runId: chosen, to: "canceled", reasonCode: "AGENT_CANCELED" });
  expect(await nextQueuedRuns(db)).toEqual([earlier]);
  expect(await claim(earlier)).toMatchObject({ outcome: "claimed", lease: { slotId: slot } });
  expect(
    (await db.selectFrom("slot_leases").select("reserved_run_id").execute()).map((row) => row.reserved_run_id),
  ).toEqual([null, null]);
});

test("a reserved slot is left alone by work that can wait", async () => {
  await liveRun(control);
  const [earlier, chosen] = await twoQueued();
  await replacePreview(db, { slotId: slot, runId: chosen });
  await cleanAll();
  await claim(earlier);
  expect(await acquireMaintenanceLease(db, slot, 60, { unlessQueued: true })).toBeUndefined();
});

test("what is at work, approved, published again or maintained is not replaced", async () => {
  const holder = await publishingRun(control);
  const { runId } = await control.queueRun();
  const replace = async () => (await replacePreview(db, { slotId: slot, runId })).reason;
  expect(await replace()).toBe("not_idle");
  for (const to of ["preview_ready", "needs_approval"] as const) await transitionRun(db, { runId: holder.runId, to });
  expect(await replace()).toBe("not_idle");
  await db.updateTable("publish_attempts").set({ status: "canceled", finished_at: new Date() }).execute();
  await requestAttempt(db, { runId: holder.runId, commitSha: commit("2") });
  expect(await replace()).toBe("not_idle");
  await db.updateTable("publish_attempts").set({ status: "canceled", finished_at: new Date() }).execute();
  await transitionRun(db, { runId: holder.runId, to: "approved" });
  expect(await replace()).toBe("not_idle");
  await endRun(db, { runId: holder.runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  expect(await replace()).toBe("free");
  await cleanAll();
  expect(await replace()).toBe("free");
  await acquireMaintenanceLease(db, slot, 60);
  expect(await replace()).toBe("not_idle");
  expect(await findRun(db, runId)).toMatchObject({ status: "queued" });
});

test("one slot is kept for a run: asking for a second one ends no other preview", async () => {
  await liveRun(control);
  const second = await liveRun(control);
  const [, chosen] = await twoQueued();
  await replacePreview(db, { slotId: slot, runId: chosen });
  expect(await replacePreview(db, { slotId: other, runId: chosen })).toEqual({
    reason: "already_reserved",
    evictedRunId: null,
  });
  expect(await findRun(db, second.runId)).toMatchObject({ status: "needs_approval", slotId: other });
});

test("of two operators who replace the same preview one does", async () => {
  const { runId: evicted } = await liveRun(control);
  const runs = await twoQueued();
  const answers = await Promise.all(runs.map((runId) => replacePreview(db, { slotId: slot, runId })));
  expect(answers.map(({ reason }) => reason).toSorted()).toEqual(["free", "replaced"]);
  expect(answers.filter(({ evictedRunId }) => evictedRunId === evicted)).toHaveLength(1);
});

test("a run that is not there, or does not wait, is given nothing", async () => {
  const { runId: evicted } = await liveRun(control);
  const { runId: busy } = await liveRun(control);
  await expect(replacePreview(db, { slotId: slot, runId: busy })).rejects.toMatchObject({ code: "invalid_transition" });
  const stranger = busy.replace(/^.{8}/, "00000000") as RunId;
  await expect(replacePreview(db, { slotId: slot, runId: stranger })).rejects.toMatchObject({ code: "run_not_found" });
  expect((await replacePreview(db, { slotId: slot, runId: evicted })).reason).toBe("already_held");
  expect(await findLease(db, slot)).toMatchObject({ leaseState: "held", runId: evicted });
});
