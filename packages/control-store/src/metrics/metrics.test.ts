import { sql } from "kysely";
import { expect, test } from "vitest";
import { coreMetricsSchema } from "@oroboros/slot-contract";
import { liveRun, publishingRun } from "../../test/live-run.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { appendEvent } from "../events/append-event.ts";
import { transitionRun } from "../runs/transition-run.ts";
import { readCoreMetrics } from "./read-core-metrics.ts";
import { readTallies } from "./read-tallies.ts";

const control = useControlStore({ slotCount: 3 });
const { db } = control;

test("an installation that did nothing yet has no durations and no rate", async () => {
  const metrics = await readCoreMetrics(db, 24);
  expect(coreMetricsSchema.parse(metrics)).toEqual({
    window_hours: 24,
    queue_depth: 0,
    slots_free: 3,
    slots_total: 3,
    runs_by_status: {},
    waiting: { count: 0, p50_ms: null, p95_ms: null },
    publishing: { count: 0, p50_ms: null, p95_ms: null },
    failure_rate: null,
    failures_by_code: {},
  });
});

test("durations are those of the events, and only of the window", async () => {
  const runs = [await liveRun(control), await liveRun(control), await publishingRun(control)];
  await control.queueRun();
  for (const [index, { runId }] of runs.entries()) {
    const granted = 10 * (index + 1);
    const after = (seconds: number) =>
      sql`(select created_at from runs where run_id = ${runId}) + make_interval(secs => ${seconds})`;
    await happened(sql`event_type = 'lease_acquired' and run_id = ${runId}`, after(granted));
    await happened(sql`detail ->> 'to' = 'preview_ready' and run_id = ${runId}`, after(granted + 2));
  }
  const metrics = await readCoreMetrics(db, 1);
  expect(metrics).toMatchObject({
    queue_depth: 1,
    slots_free: 0,
    runs_by_status: { needs_approval: 2, testing: 1, queued: 1 },
    waiting: { count: 3 },
    publishing: { count: 2 },
  });
  expect(metrics.waiting).toMatchObject({ p50_ms: 20_000, p95_ms: 29_000 });
  expect(metrics.publishing).toMatchObject({ p50_ms: 2_000, p95_ms: 2_000 });
  await happened(sql`true`, sql`created_at - interval '3 hours'`);
  expect(await readCoreMetrics(db, 2)).toMatchObject({ waiting: { count: 0 }, publishing: { count: 0 } });
  expect(await readCoreMetrics(db, 4)).toMatchObject({ waiting: { count: 3 }, publishing: { count: 2 } });
});

test("the failure rate is the share of the runs that ended which failed, and says for which reasons", async () => {
  for (const [to, reasonCode] of [
    ["failed", "VALIDATION_FAILED"],
    ["failed", "CHECKS_FAILED"],
    ["failed", "CHECKS_FAILED"],
    ["canceled", "AGENT_CANCELED"],
    ["expired", "PREVIEW_EXPIRED"],
    ["expired", "PREVIEW_EXPIRED"],
  ] as const) {
    const { runId } = await control.queueRun();
    await transitionRun(db, { runId, to, reasonCode });
  }
  await control.queueRun();
  expect(coreMetricsSchema.parse(await readCoreMetrics(db, 24))).toMatchObject({
    failure_rate: 0.5,
    failures_by_code: { VALIDATION_FAILED: 1, CHECKS_FAILED: 2 },
    runs_by_status: { failed: 3, canceled: 1, expired: 2, queued: 1 },
  });
});

test("tallies count what ever happened, in histograms whose counts grow with their bounds", async () => {
  const { runId, slotId } = await liveRun(control);
  for (const [ms, eventType] of [
    [40, "step_finished"],
    [500, "step_finished"],
    [90_000, "step_failed"],
  ] as const) {
    await appendEvent(db, { runId, eventType, detail: { step: "migration", ms } });
  }
  for (const [status, ms, more] of [
    ["succeeded", 8, {}],
    ["failed", 700, {}],
    // What came after a reset is no second one.
    ["succeeded", 5_000, { after_migrations: true }],
  ] as const) {
    await sql`insert into preview_db_resets (slot_id, db_name, strategy, reset_status, lease_epoch, details)
      values (${slotId}, 'app_preview_1', 'seed', ${status}, 1, ${JSON.stringify({ duration_ms: ms, ...more })})`.execute(
      db,
    );
  }
  const tallies = await readTallies(db, [0.05, 0.5, 60]);
  expect(tallies).toMatchObject({
    slots: { held: 1, free: 2 },
    leasesGranted: 1,
    leasesExpired: 0,
    publishes: { succeeded: 1 },
    steps: [{ step: "migration", failed: 1, counts: [1, 2, 2], count: 3, sumSeconds: expect.closeTo(90.54) }],
    resets: [
      { status: "failed", counts: [0, 0, 1], count: 1 },
      { status: "succeeded", counts: [1, 1, 1], count: 1 },
    ],
  });
  expect(tallies.runs).toMatchObject({ needs_approval: 1, merged: 0 });
});

/** Moves events to another time, instead of waiting for it. */
async function happened(where: ReturnType<typeof sql>, createdAt: ReturnType<typeof sql>): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx);
    await sql`update run_events set created_at = ${createdAt} where ${where}`.execute(tx);
  });
}
