import { RUN_STATES, type RunId } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { liveRun } from "../../test/live-run.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { listEvents } from "../events/list-events.ts";
import { findLease } from "../leases/find-lease.ts";
import { extendRun } from "./extend-run.ts";

const control = useControlStore({ slotCount: 1 });
const { db } = control;
const HOUR_MS = 3_600_000;
const REVIEWED = ["preview_ready", "needs_approval", "approved"] as const;

test.each(REVIEWED)("a run that is %s keeps its slot so much longer, and an event says until when", async (status) => {
  const { runId, slotId } = await liveRun(control);
  await db.updateTable("runs").set({ status }).where("run_id", "=", runId).execute();
  const before = await findLease(db, slotId);
  const lease = await extendRun(db, { runId, hours: 5 });
  expect(lease.expiresAt.getTime() - before.expiresAt!.getTime()).toBe(5 * HOUR_MS);
  expect(await findLease(db, slotId)).toMatchObject({ expiresAt: lease.expiresAt, leaseEpoch: before.leaseEpoch });
  const events = await listEvents(db, { runId, sinceId: "0", limit: 100 });
  expect(events.at(-1)).toMatchObject({
    eventType: "lease_extended",
    detail: { slot_id: slotId, hours: 5, expires_at: lease.expiresAt.toISOString() },
  });
});

test.each(RUN_STATES.filter((state) => !REVIEWED.some((reviewed) => reviewed === state)))(
  "a run that is %s is not extended",
  async (status) => {
    const { runId, slotId } = await liveRun(control);
    const ending = status === "failed" ? ({ failure_reason_code: "CHECKS_FAILED" } as const) : {};
    await db
      .updateTable("runs")
      .set({ status, ...ending })
      .where("run_id", "=", runId)
      .execute();
    const before = await findLease(db, slotId);
    await expect(extendRun(db, { runId, hours: 1 })).rejects.toMatchObject({ code: "invalid_transition" });
    expect((await findLease(db, slotId)).expiresAt).toEqual(before.expiresAt);
  },
);

test("a lease that ran out is not brought back", async () => {
  const { runId, slotId } = await liveRun(control);
  await control.expireIn(slotId, -1);
  await expect(extendRun(db, { runId, hours: 1 })).rejects.toMatchObject({ code: "stale_lease" });
  expect(await findLease(db, slotId)).toMatchObject({ leaseState: "expired" });
});

test("a run that does not exist is not found", async () => {
  const runId = "00000000-0000-4000-8000-000000000000" as RunId;
  await expect(extendRun(db, { runId, hours: 1 })).rejects.toMatchObject({ code: "run_not_found" });
});
