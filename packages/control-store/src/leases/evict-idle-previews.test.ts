import { EVICTION_GRACE_SECONDS, EVICTION_IDLE_SECONDS, type RunId, type SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { commit, liveRun } from "../../test/live-run.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { requestAttempt } from "../attempts/request-attempt.ts";
import { listEvents } from "../events/list-events.ts";
import { findRun } from "../runs/find-run.ts";
import { transitionRun } from "../runs/transition-run.ts";
import { evictIdlePreviews } from "./evict-idle-previews.ts";
import { extendLease } from "./extend-lease.ts";
import { findLease } from "./find-lease.ts";
import type { Lease } from "./lease-ref.ts";
import { noteTraffic } from "./note-traffic.ts";
import { quarantine } from "./quarantine.ts";
import { releaseLease } from "./release-lease.ts";

const control = useControlStore({ slotCount: 2 });
const { db } = control;
const NOBODY = { warned: [], evicted: [] };

/** A preview that nobody has looked at for so long: its rows are moved into the past of the database's clock. */
async function idlePreview(seconds: number): Promise<Lease> {
  const lease = await liveRun(control);
  await passes(seconds, lease.runId);
  return lease;
}

async function passes(seconds: number, runId: RunId): Promise<void> {
  const age = sql`make_interval(secs => ${seconds})`;
  await sql`update runs set updated_at = updated_at - ${age} where run_id = ${runId}`.execute(db);
  await sql`update publish_attempts set finished_at = finished_at - ${age} where run_id = ${runId}`.execute(db);
  await sql`update slot_leases set traffic_at = traffic_at - ${age}, eviction_warned_at = eviction_warned_at - ${age}
    where run_id = ${runId}`.execute(db);
}

const warningOf = async (slot: SlotId): Promise<Date | null> =>
  (await db.selectFrom("slot_leases").selectAll().where("slot_id", "=", slot).executeTakeFirstOrThrow())
    .eviction_warned_at;

test("with a run that waits, the preview that was idle the longest is warned, and expired a grace later", async () => {
  const idle = await idlePreview(EVICTION_IDLE_SECONDS + 60);
  const busy = await idlePreview(EVICTION_IDLE_SECONDS - 60);
  expect(await evictIdlePreviews(db)).toEqual(NOBODY);
  await control.queueRun();
  expect(await evictIdlePreviews(db)).toEqual({ warned: [idle.slotId], evicted: [] });
  const [warning] = (await listEvents(db, { runId: idle.runId, sinceId: "0", limit: 50 })).slice(-1);
  expect(warning).toMatchObject({ eventType: "eviction_warned", detail: { slot_id: idle.slotId } });
  const evictedAt = Date.parse(String(warning!.detail["evicted_at"]));
  expect(evictedAt - warning!.createdAt.getTime()).toBeGreaterThan((EVICTION_GRACE_SECONDS - 60) * 1_000);
  expect(await evictIdlePreviews(db)).toEqual(NOBODY);

  await passes(EVICTION_GRACE_SECONDS, idle.runId);
  expect(await evictIdlePreviews(db)).toEqual({ warned: [], evicted: [idle.slotId] });
  expect(await findRun(db, idle.runId)).toMatchObject({ status: "expired", failureReasonCode: "PREVIEW_EXPIRED" });
  expect((await findRun(db, idle.runId))?.failureMessage).toContain("Nobody had looked at it since");
  expect(await findLease(db, idle.slotId)).toMatchObject({ leaseState: "quarantined" });
  // The run that waits is on its way to that slot.
  expect(await evictIdlePreviews(db)).toEqual(NOBODY);
  expect(await findLease(db, busy.slotId)).toMatchObject({ leaseState: "held" });
});

test.each<[string, (lease: Lease) => Promise<unknown>]>([
  // The warning may be of the same millisecond, and tells more than milliseconds.
  ["somebody looks at it", (lease) => noteTraffic(db, lease.slotId, new Date(Date.now() + 1))],
  ["it is extended", (lease) => extendLease(db, lease.runId, 1)],
])("a warned preview stays when %s", async (_what, act) => {
  const idle = await idlePreview(EVICTION_IDLE_SECONDS);
  await idlePreview(0);
  await control.queueRun();
  expect(await evictIdlePreviews(db)).toMatchObject({ warned: [idle.slotId] });
  await act(idle);
  expect(await warningOf(idle.slotId)).toBeNull();
  await passes(EVICTION_GRACE_SECONDS, idle.runId);
  expect(await evictIdlePreviews(db)).toEqual(NOBODY);
  expect(await findRun(db, idle.runId)).toMatchObject({ status: "needs_approval" });
});

test("traffic from before the warning does not end it, nor does what is older than what is known", async () => {
  const { slotId, runId } = await idlePreview(EVICTION_IDLE_SECONDS);
  await idlePreview(0);
  await control.queueRun();
  await evictIdlePreviews(db);
  const before = await warningOf(slotId);
  await noteTraffic(db, slotId, new Date(before!.getTime() - 3 * 3_600_000));
  await noteTraffic(db, slotId, new Date(before!.getTime() - 4 * 3_600_000));
  expect(await warningOf(slotId)).toEqual(before);
  const { traffic_at: trafficAt } = await db
    .selectFrom("slot_leases")
    .select("traffic_at")
    .where("run_id", "=", runId)
    .executeTakeFirstOrThrow();
  expect(trafficAt).toEqual(new Date(before!.getTime() - 3 * 3_600_000));
});

test("traffic that claims to come from the future counts as now", async () => {
  const { slotId } = await idlePreview(0);
  await noteTraffic(db, slotId, new Date(Date.now() + 3_600_000));
  const { rows } = await sql`select from slot_leases where traffic_at > clock_timestamp()`.execute(db);
  expect(rows).toEqual([]);
});

test("nobody is warned while a slot is free, is being cleaned, or is on its way back", async () => {
  const idle = await idlePreview(EVICTION_IDLE_SECONDS);
  await control.queueRun();
  expect(await evictIdlePreviews(db)).toEqual(NOBODY);
  const other = control.slots.find((slot) => slot !== idle.slotId)!;
  await quarantine(db, other);
  expect(await evictIdlePreviews(db)).toEqual(NOBODY);
  await control.queueRun();
  expect(await evictIdlePreviews(db)).toEqual({ warned: [idle.slotId], evicted: [] });
});

test("what is approved, or is being published again, is not evicted", async () => {
  const approved = await idlePreview(EVICTION_IDLE_SECONDS);
  const published = await idlePreview(EVICTION_IDLE_SECONDS);
  await control.queueRun();
  await transitionRun(db, { runId: approved.runId, to: "approved" });
  await requestAttempt(db, { runId: published.runId, commitSha: commit("2") });
  for (const { runId } of [approved, published]) await passes(EVICTION_IDLE_SECONDS, runId);
  expect(await evictIdlePreviews(db)).toEqual(NOBODY);
});

test("a warning ends when nobody waits any more, and a later one starts a grace of its own", async () => {
  const idle = await idlePreview(EVICTION_IDLE_SECONDS);
  await idlePreview(0);
  const { runId } = await control.queueRun();
  await evictIdlePreviews(db);
  await transitionRun(db, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  expect(await evictIdlePreviews(db)).toEqual(NOBODY);
  expect(await warningOf(idle.slotId)).toBeNull();
  await passes(EVICTION_GRACE_SECONDS, idle.runId);
  await control.queueRun();
  expect(await evictIdlePreviews(db)).toEqual({ warned: [idle.slotId], evicted: [] });
});

test("several workers that look at once warn and evict no more than are wanted", async () => {
  const [one, two] = [await idlePreview(2 * EVICTION_IDLE_SECONDS), await idlePreview(EVICTION_IDLE_SECONDS)];
  await control.queueRun();
  const warnings = await Promise.all(Array.from({ length: 6 }, () => evictIdlePreviews(db)));
  expect(warnings.flatMap(({ warned }) => warned)).toEqual([one.slotId]);
  await control.queueRun();
  await evictIdlePreviews(db);
  for (const { runId } of [one, two]) await passes(EVICTION_GRACE_SECONDS, runId);
  const evictions = await Promise.all(Array.from({ length: 6 }, () => evictIdlePreviews(db)));
  expect(evictions.flatMap(({ evicted }) => evicted).toSorted()).toEqual([one.slotId, two.slotId]);
});

test("the next holder of a slot is not warned for the one before", async () => {
  const idle = await idlePreview(EVICTION_IDLE_SECONDS);
  await idlePreview(0);
  await control.queueRun();
  await evictIdlePreviews(db);
  await transitionRun(db, { runId: idle.runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  await releaseLease(db, { ...idle, leaseEpoch: (await findLease(db, idle.slotId)).leaseEpoch }, { clean: true });
  expect(await warningOf(idle.slotId)).toBeNull();
});
