import type { RunId } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { commit, liveRun, LIVE, publishingRun, silentFor } from "../../test/live-run.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { beginAttempt } from "../attempts/begin-attempt.ts";
import { finishAttempt, type AttemptEnd } from "../attempts/finish-attempt.ts";
import { requestAttempt } from "../attempts/request-attempt.ts";
import { takeOverAttempt } from "../attempts/take-over-attempt.ts";
import { endRun } from "../leases/end-run.ts";
import type { Lease } from "../leases/lease-ref.ts";
import { isDatabaseUnproven } from "./is-database-unproven.ts";
import { recordReset } from "./record-reset.ts";

const control = useControlStore({ slotCount: 1 });
const { db } = control;
const FAILED: AttemptEnd = { status: "failed", reasonCode: "CHECKS_FAILED", message: "no" };

const reset = (lease: Lease, resetStatus: "succeeded" | "failed" = "succeeded"): Promise<void> =>
  recordReset(db, {
    ...lease,
    dbName: "app_preview_1",
    strategy: "seed",
    seedVersion: null,
    snapshotVersion: null,
    resetStatus,
    details: {},
  });
const isUnproven = ({ slotId }: Lease): Promise<boolean> =>
  db.transaction().execute((tx) => isDatabaseUnproven(tx, slotId));

async function next(runId: RunId): Promise<{ lease: Lease; attempt: number }> {
  await requestAttempt(db, { runId, commitSha: commit("2") });
  const begun = await beginAttempt(db, runId);
  if (begun === undefined) throw new Error("a publish waits");
  return { lease: begun.lease, attempt: begun.attempt.attempt };
}

test("a database is unproven from the reset of a publish on until one of the run succeeds", async () => {
  const first = await publishingRun(control);
  expect(await isUnproven(first)).toBe(false);
  await reset(first);
  expect(await isUnproven(first)).toBe(true);
  await finishAttempt(db, { lease: first, attempt: 1, end: { status: "succeeded", live: LIVE } });
  expect(await isUnproven(first)).toBe(false);
});

test("a publish that failed leaves it unproven, whatever was reset in vain, and the next that succeeds proves it", async () => {
  const first = await liveRun(control);
  await reset(first);
  expect(await isUnproven(first)).toBe(false);
  const failing = await next(first.runId);
  await reset(failing.lease, "failed");
  expect(await isUnproven(first)).toBe(false);
  await reset(failing.lease);
  await finishAttempt(db, { ...failing, end: FAILED });
  expect(await isUnproven(first)).toBe(true);
  const good = await next(first.runId);
  expect(await isUnproven(first)).toBe(true);
  await finishAttempt(db, { ...good, end: { status: "succeeded", live: LIVE } });
  expect(await isUnproven(first)).toBe(false);
});

test("what a worker that died had reset is proven by the success of the one that took over, and concerns no later run", async () => {
  const first = await liveRun(control);
  const dying = await next(first.runId);
  await reset(dying.lease);
  await silentFor(db, first.runId, 60);
  const taken = await takeOverAttempt(db, { runId: first.runId, silentSeconds: 30 });
  if (taken === undefined) throw new Error("its worker is silent");
  expect(await isUnproven(first)).toBe(true);
  await reset(taken.lease);
  await finishAttempt(db, { ...dying, lease: taken.lease, end: { status: "succeeded", live: LIVE } });
  expect(await isUnproven(first)).toBe(false);
  const failing = await next(first.runId);
  await reset(failing.lease);
  expect(await isUnproven(first)).toBe(true);
  await endRun(db, { runId: first.runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  expect(await isUnproven(first)).toBe(false);
  await db.updateTable("slot_leases").set({ quarantined_at: null }).execute();
  expect(await isUnproven(await publishingRun(control))).toBe(false);
});
