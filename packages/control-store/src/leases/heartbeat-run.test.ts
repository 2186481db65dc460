import type { SlotId } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { publishingRun, silentFor } from "../../test/live-run.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { transitionRun } from "../runs/transition-run.ts";
import { findLease } from "./find-lease.ts";
import { heartbeatRun } from "./heartbeat-run.ts";
import { releaseLease } from "./release-lease.ts";

const control = useControlStore({ slotCount: 2 });
const { db } = control;
const [slot, other] = control.slots as [SlotId, SlotId];

test("a run's own heartbeat extends its lease, never shortens it, and is no sign of life of its worker", async () => {
  const { runId, leaseEpoch } = await publishingRun(control);
  const beat = (ttlSeconds: number) => heartbeatRun(db, { slotId: slot, runId, leaseEpoch, ttlSeconds });
  const worker = db.selectFrom("slot_leases").select("heartbeat_at").where("slot_id", "=", slot);
  await silentFor(db, runId, 5);
  const before = await worker.executeTakeFirstOrThrow();
  const { reason, expiresAt } = await beat(3_600);
  expect(reason).toBe("updated");
  expect(await beat(1)).toEqual({ reason: "updated", expiresAt });
  expect(await worker.executeTakeFirstOrThrow()).toEqual(before);
  expect((await findLease(db, slot)).heartbeatAt!.getTime()).toBeGreaterThan(before.heartbeat_at!.getTime());
});

test.each(["preview_ready", "needs_approval", "approved", "merging", "deploying"] as const)(
  "the heartbeat of a run that is %s is noted and extends nothing",
  async (status) => {
    const lease = await publishingRun(control);
    await db.updateTable("runs").set({ status }).where("run_id", "=", lease.runId).execute();
    await control.expireIn(slot, 60);
    const { expiresAt } = await findLease(db, slot);
    expect(await heartbeatRun(db, { ...lease, ttlSeconds: 3_600 })).toEqual({ reason: "updated", expiresAt });
    const noted = db.selectFrom("slot_leases").select("agent_heartbeat_at").where("slot_id", "=", slot);
    expect((await noted.executeTakeFirstOrThrow()).agent_heartbeat_at).not.toBeNull();
  },
);

test("the heartbeat of a run that has ended is answered as if it held nothing", async () => {
  const lease = await publishingRun(control);
  await transitionRun(db, { runId: lease.runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  const before = await findLease(db, slot);
  expect(await heartbeatRun(db, { ...lease, ttlSeconds: 3_600 })).toEqual({ reason: "free", expiresAt: null });
  expect((await findLease(db, slot)).expiresAt).toEqual(before.expiresAt);
});

test("a heartbeat of another run, another epoch, after the end of the lease or for nobody changes nothing and says why", async () => {
  const lease = await publishingRun(control);
  const { runId: stranger } = await control.queueRun();
  const beat = (change: object) => heartbeatRun(db, { ...lease, ttlSeconds: 3_600, ...change });
  expect(await beat({ runId: stranger })).toMatchObject({ reason: "held_by_other_run" });
  expect(await beat({ leaseEpoch: "99" })).toMatchObject({ reason: "stale_epoch" });
  expect(await beat({ slotId: other })).toEqual({ reason: "free", expiresAt: null });
  await control.expireIn(slot, -0.001);
  expect(await beat({})).toMatchObject({ reason: "expired" });
  expect(await findLease(db, slot)).toMatchObject({ leaseState: "expired" });
  await releaseLease(db, lease);
  expect(await beat({})).toMatchObject({ reason: "free" });
});
