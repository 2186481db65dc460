import type { RunId, SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { liveRun, publishingRun } from "../../test/live-run.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { listEvents } from "../events/list-events.ts";
import { findRun } from "../runs/find-run.ts";
import { acquireMaintenanceLease } from "./acquire-maintenance-lease.ts";
import { endRun } from "./end-run.ts";
import { expireLeases } from "./expire-leases.ts";
import { extendLease } from "./extend-lease.ts";
import { findLease } from "./find-lease.ts";
import { holdLease } from "./hold-lease.ts";

const control = useControlStore({ slotCount: 2 });
const { db } = control;
const [slot, other] = control.slots as [SlotId, SlotId];

const typesOf = async (runId: RunId): Promise<string[]> =>
  (await listEvents(db, { runId, sinceId: "0", limit: 50 })).map(({ eventType }) => eventType);

test("a run that ends loses its slot in the same moment, and the slot goes into quarantine", async () => {
  const lease = await liveRun(control);
  const { runId } = lease;
  const ended = await endRun(db, { runId, to: "canceled", reasonCode: "AGENT_CANCELED", message: "no" });
  expect(ended).toMatchObject({ status: "canceled", failureMessage: "no", slotId: null });
  expect(await findLease(db, slot)).toMatchObject({ leaseState: "quarantined", runId: null });
  expect((await typesOf(runId)).slice(-2)).toEqual(["run_transitioned", "lease_released"]);
  const held = db.transaction().execute((tx) => holdLease(tx, lease));
  await expect(held).rejects.toMatchObject({ code: "stale_lease" });
});

test("a run that holds no slot ends without anything being freed", async () => {
  const { runId } = await control.queueRun();
  expect(await endRun(db, { runId, to: "failed", reasonCode: "VALIDATION_FAILED" })).toMatchObject({ slotId: null });
  expect(await typesOf(runId)).toEqual(["run_created", "run_transitioned"]);
});

test("where the run can not end, its slot stays", async () => {
  const { runId } = await liveRun(control);
  await endRun(db, { runId, to: "expired", reasonCode: "PREVIEW_EXPIRED" });
  const again = endRun(db, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  await expect(again).rejects.toMatchObject({ code: "invalid_transition" });
  const { runId: live } = await liveRun(control);
  await expect(endRun(db, { runId: live, to: "failed" } as never)).rejects.toMatchObject({
    code: "invalid_transition",
  });
  expect(await findLease(db, other)).toMatchObject({ leaseState: "held", runId: live });
});

test("an end that waits for an effect under the lease does not end in a deadlock with what that effect writes of the run", async () => {
  const lease = await publishingRun(control);
  let ending: Promise<unknown> | undefined;
  await db.transaction().execute(async (tx) => {
    await holdLease(tx, lease);
    ending = endRun(db, { runId: lease.runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
    await control.someoneWaits();
    // A foreign key looks at the run.
    await sql`insert into slot_worktree_bindings values (${slot}, ${lease.runId}, ${lease.leaseEpoch}, 'c', 'p')`.execute(
      tx,
    );
  });
  expect(await ending).toMatchObject({ status: "canceled" });
});

test("a lease that ran out expires its run in the same transaction, and says so", async () => {
  const lease = await liveRun(control);
  const kept = await liveRun(control);
  await control.expireIn(lease.slotId, -1);
  const expired = await Promise.all([expireLeases(db), expireLeases(db), expireLeases(db)]);
  expect(expired.flat()).toEqual([{ slotId: slot, runId: lease.runId, leaseEpoch: lease.leaseEpoch }]);
  expect(await findRun(db, lease.runId)).toMatchObject({ status: "expired", failureReasonCode: "PREVIEW_EXPIRED" });
  expect((await typesOf(lease.runId)).slice(-2)).toEqual(["lease_expired", "run_transitioned"]);
  expect(await findLease(db, slot)).toMatchObject({ leaseState: "quarantined" });
  expect(await findLease(db, other)).toMatchObject({ leaseState: "held", runId: kept.runId });
});

test("an expiry that is undone leaves lease and run as they were", async () => {
  const lease = await liveRun(control);
  await control.expireIn(lease.slotId, -1);
  const undone = db.transaction().execute(async (tx) => {
    await expireLeases(tx);
    throw new Error("the api was killed");
  });
  await expect(undone).rejects.toThrow("killed");
  expect(await findLease(db, slot)).toMatchObject({ leaseState: "expired", runId: lease.runId });
  expect(await findRun(db, lease.runId)).toMatchObject({ status: "needs_approval" });
});

test("a run that is merged keeps its end when its lease runs out, and so does one that somebody is just changing", async () => {
  const { runId, slotId } = await liveRun(control);
  await control.expireIn(slotId, -1);
  await db.transaction().execute(async (tx) => {
    await sql`select from runs where run_id = ${runId} for no key update`.execute(tx);
    expect(await expireLeases(db)).toEqual([]);
    await sql`update runs set status = 'merged' where run_id = ${runId}`.execute(tx);
  });
  expect(await expireLeases(db)).toHaveLength(1);
  expect(await findRun(db, runId)).toMatchObject({ status: "merged" });
});

test("an operation's lease that ran out goes without a run", async () => {
  await acquireMaintenanceLease(db, slot, 60);
  await control.expireIn(slot, -1);
  expect(await expireLeases(db)).toMatchObject([{ slotId: slot, runId: null }]);
});

test("an extension adds hours to what is left, and a lease that ran out is not extended", async () => {
  const { runId, slotId } = await liveRun(control);
  const before = await findLease(db, slotId);
  const extended = await extendLease(db, runId, 5);
  expect(extended!.expiresAt.getTime() - before.expiresAt!.getTime()).toBe(5 * 3_600_000);
  await control.expireIn(slotId, -1);
  expect(await extendLease(db, runId, 5)).toBeUndefined();
  expect(await findLease(db, slotId)).toMatchObject({ leaseState: "expired" });
});
