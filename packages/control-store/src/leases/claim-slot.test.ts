import { commitShaSchema, type RunId } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { useControlStore } from "../../test/use-control-store.ts";
import { listAttempts } from "../attempts/list-attempts.ts";
import { listEvents } from "../events/list-events.ts";
import { nextQueuedRuns } from "../runs/next-queued-runs.ts";
import { findRun } from "../runs/find-run.ts";
import { transitionRun } from "../runs/transition-run.ts";
import { acquireMaintenanceLease } from "./acquire-maintenance-lease.ts";
import { claimSlot } from "./claim-slot.ts";
import { listSlots } from "./list-slots.ts";
import { releaseLease } from "./release-lease.ts";

const control = useControlStore();
const { db } = control;
const claim = (runId: RunId): ReturnType<typeof claimSlot> => claimSlot(db, { runId, ttlSeconds: 60 });

async function queueRuns(count: number): Promise<Awaited<ReturnType<typeof control.queueRun>>[]> {
  const runs = [];
  for (let index = 0; index < count; index += 1) runs.push(await control.queueRun(`run ${index}`));
  return runs;
}

test("twenty claims at once fill three slots, each with one of the three oldest runs", async () => {
  const runs = await queueRuns(20);
  const claims = await Promise.all(runs.toReversed().map(({ runId }) => claim(runId)));
  const leases = claims.flatMap((answer) => (answer.outcome === "claimed" ? [answer.lease] : []));
  expect(new Set(leases.map(({ slotId }) => slotId)).size).toBe(leases.length);

  for (const runId of await nextQueuedRuns(db)) await claim(runId);
  const holders = (await listSlots(db)).map((slot) => slot.runId);
  expect(new Set(holders)).toEqual(new Set(runs.slice(0, 3).map(({ runId }) => runId)));
});

test("every grant of a slot has a greater epoch than the one before", async () => {
  const runs = await queueRuns(12);
  const epochs = new Map<string, bigint[]>();
  const grants: string[] = [];
  while (grants.length < runs.length) {
    const claims = await Promise.all((await nextQueuedRuns(db)).map(claim));
    for (const answer of claims) {
      if (answer.outcome !== "claimed") throw new Error(`not claimed: ${answer.outcome}`);
      const { slotId, leaseEpoch } = answer.lease;
      epochs.set(slotId, [...(epochs.get(slotId) ?? []), BigInt(leaseEpoch)]);
      grants.push(`${slotId} ${leaseEpoch}`);
      expect(await releaseLease(db, answer.lease, { clean: true })).toBe(true);
    }
  }
  expect(new Set(grants).size).toBe(runs.length);
  for (const seen of epochs.values()) expect(seen).toEqual(seen.map((_, index) => BigInt(index + 1)));
});

test("a later run waits while an earlier one is queued for the only free slot", async () => {
  const [first, second] = await queueRuns(2);
  for (const slot of control.slots.slice(1)) await acquireMaintenanceLease(db, slot, 60);
  expect(await claim(second!.runId)).toEqual({ outcome: "waiting", queuePosition: 2 });
  expect(await claim(first!.runId)).toMatchObject({ outcome: "claimed", lease: { slotId: control.slots[0] } });
  expect(await claim(second!.runId)).toEqual({ outcome: "waiting", queuePosition: 1 });
});

test("a later run takes a slot that the earlier ones leave over", async () => {
  const [, , third] = await queueRuns(3);
  expect(await claim(third!.runId)).toMatchObject({ outcome: "claimed" });
});

test("a run that left the queue is no longer ahead of anybody", async () => {
  const [first, second] = await queueRuns(2);
  for (const slot of control.slots.slice(1)) await acquireMaintenanceLease(db, slot, 60);
  await transitionRun(db, { runId: first!.runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  expect(await claim(second!.runId)).toMatchObject({ outcome: "claimed" });
});

test("a claim takes the run to planning, with the lease in its events", async () => {
  const [run] = await queueRuns(1);
  const answer = await claim(run!.runId);
  if (answer.outcome !== "claimed") throw new Error(answer.outcome);
  expect(answer.lease.runId).toBe(run!.runId);
  expect(await findRun(db, run!.runId)).toMatchObject({
    status: "planning",
    slotId: answer.lease.slotId,
    queuePosition: null,
  });
  const events = await listEvents(db, { runId: run!.runId, sinceId: "0", limit: 10 });
  expect(events.map(({ eventType }) => eventType)).toEqual(["run_created", "lease_acquired", "run_transitioned"]);
  expect(events[1]?.detail).toEqual({ slot_id: answer.lease.slotId, lease_epoch: answer.lease.leaseEpoch });
});

test("a run that is delivered to many at once is claimed by one of them", async () => {
  const [run] = await queueRuns(1);
  const claims = await Promise.all(Array.from({ length: 8 }, () => claim(run!.runId)));
  expect(claims.filter(({ outcome }) => outcome === "claimed")).toHaveLength(1);
  expect(claims.filter(({ outcome }) => outcome === "not_queued")).toHaveLength(7);
  expect(await claim(run!.runId)).toEqual({ outcome: "not_queued", status: "planning" });
  expect((await listSlots(db)).filter(({ leaseState }) => leaseState === "held")).toHaveLength(1);
});

test("a run that does not exist is not queued", async () => {
  const [run] = await queueRuns(1);
  const other = run!.runId.replace(/^.{8}/, "00000000") as RunId;
  expect(await claim(other)).toEqual({ outcome: "not_queued", status: "missing" });
});

test("waiting tells the position each time and is written down once", async () => {
  const runs = await queueRuns(5);
  for (const { runId } of runs.slice(0, 3)) await claim(runId);
  const last = runs[4]!.runId;
  expect(await claim(last)).toEqual({ outcome: "waiting", queuePosition: 2 });
  expect(await findRun(db, last)).toMatchObject({ status: "queued", queuePosition: 2, slotId: null });
  await claim(last);
  const events = await listEvents(db, { runId: last, sinceId: "0", limit: 10 });
  expect(events.map(({ eventType }) => eventType)).toEqual(["run_created", "run_waiting"]);
  expect(events[1]?.detail).toEqual({ queue_position: 2 });
});

test("free slots call as many queued runs as they can take, oldest first", async () => {
  const runs = await queueRuns(4);
  const ids = runs.map(({ runId }) => runId);
  expect(await nextQueuedRuns(db)).toEqual(ids.slice(0, 3));
  await acquireMaintenanceLease(db, control.slots[1]!, 60);
  expect(await nextQueuedRuns(db)).toEqual(ids.slice(0, 2));
});

test("a claim that meets another grant waits for it, so that a later run never takes the last slot before an earlier one", async () => {
  const [, second] = await queueRuns(2);
  await acquireMaintenanceLease(db, control.slots[2]!, 60);
  let claiming: ReturnType<typeof claim> | undefined;
  await db.transaction().execute(async (tx) => {
    await acquireMaintenanceLease(tx, control.slots[1]!, 60);
    claiming = claim(second!.runId);
    await control.someoneWaits();
  });
  expect(await claiming).toEqual({ outcome: "waiting", queuePosition: 2 });
});

test("maintenance that can wait leaves the queued runs the slots they need, and takes what they leave over", async () => {
  const [first, second] = await queueRuns(2);
  const maintain = (): ReturnType<typeof acquireMaintenanceLease> =>
    acquireMaintenanceLease(db, control.slots[2]!, 60, { unlessQueued: true });
  await acquireMaintenanceLease(db, control.slots[1]!, 60);
  expect(await maintain()).toBeUndefined();
  expect(await claim(first!.runId)).toMatchObject({ outcome: "claimed" });
  expect(await maintain()).toBeUndefined();
  await transitionRun(db, { runId: second!.runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  expect(await maintain()).toMatchObject({ slotId: control.slots[2], runId: null });
});

test("a claim for a publish fixes the commit and begins the publish; a run that waits has neither", async () => {
  const runs = await queueRuns(4);
  const commitSha = commitShaSchema.parse("c".repeat(40));
  const claims = [];
  for (const { runId } of runs) claims.push(await claimSlot(db, { runId, ttlSeconds: 60, commitSha }));
  expect(claims.map(({ outcome }) => outcome)).toEqual(["claimed", "claimed", "claimed", "waiting"]);
  const [first, last] = [runs[0], runs[3]].map((run) => run?.runId ?? missing());
  expect(await findRun(db, first ?? missing())).toMatchObject({ status: "planning", commitSha });
  expect(await listAttempts(db, first ?? missing())).toMatchObject([{ attempt: 1, status: "running", commitSha }]);
  expect(await findRun(db, last ?? missing())).toMatchObject({ status: "queued", commitSha: null });
  expect(await listAttempts(db, last ?? missing())).toEqual([]);
});

function missing(): never {
  throw new Error("four runs were queued");
}
