import { FAILURE_CODES, RUN_STATES, type RunId, type RunState } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { useControlStore } from "../../test/use-control-store.ts";
import { listEvents } from "../events/list-events.ts";
import { findRun } from "./find-run.ts";
import { transitionRun } from "./transition-run.ts";

const control = useControlStore({ slotCount: 1 });
const { db } = control;
const UNKNOWN = "00000000-0000-4000-8000-000000000000" as RunId;

async function eventTypes(runId: RunId): Promise<string[]> {
  const events = await listEvents(db, { runId, sinceId: "0", limit: 100 });
  return events.map(({ eventType }) => eventType);
}

test("a transition and its event stand together", async () => {
  const { runId, updatedAt } = await control.queueRun();
  const run = await transitionRun(db, { runId, to: "failed", reasonCode: "CHECKS_FAILED", message: "two checks" });
  expect(run).toMatchObject({ status: "failed", failureReasonCode: "CHECKS_FAILED", failureMessage: "two checks" });
  expect(run.updatedAt.getTime()).toBeGreaterThanOrEqual(updatedAt.getTime());
  const [, event] = await listEvents(db, { runId, sinceId: "0", limit: 10 });
  expect(event).toMatchObject({
    eventType: "run_transitioned",
    detail: { from: "queued", to: "failed", reason_code: "CHECKS_FAILED", message: "two checks" },
  });
});

test("a transaction that rolls back leaves neither the state nor the event", async () => {
  const { runId } = await control.queueRun();
  const lost = db.transaction().execute(async (tx) => {
    await transitionRun(tx, { runId, to: "planning" });
    throw new Error("lost");
  });
  await expect(lost).rejects.toThrow("lost");
  expect(await findRun(db, runId)).toMatchObject({ status: "queued" });
  expect(await eventTypes(runId)).toEqual(["run_created"]);
});

test("an event that can not be written leaves the state as it was", async () => {
  const { runId } = await control.queueRun();
  const message = "a NUL \u0000 is no text in PostgreSQL";
  await expect(transitionRun(db, { runId, to: "failed", reasonCode: "UNKNOWN_ERROR", message })).rejects.toThrow();
  expect(await findRun(db, runId)).toMatchObject({ status: "queued", failureReasonCode: null });
});

test.each<[RunState, RunState]>([
  ["preview_ready", "testing"],
  ["testing", "testing"],
  ["testing", "queued"],
  ["merging", "expired"],
  ["canceled", "planning"],
])("a run that is %s does not become %s", async (from, to) => {
  const { runId } = await control.queueRun();
  await transitionRun(db, { runId, to: from, ...(from === "canceled" ? { reasonCode: "AGENT_CANCELED" } : {}) });
  const reason = to === "expired" ? { reasonCode: "PREVIEW_EXPIRED" as const } : {};
  await expect(transitionRun(db, { runId, to, ...reason })).rejects.toMatchObject({ code: "invalid_transition" });
  expect(await findRun(db, runId)).toMatchObject({ status: from });
  expect(await eventTypes(runId)).toEqual(["run_created", "run_transitioned"]);
});

test.each(["failed", "canceled", "expired"] as const)("a run is not %s without a reason", async (to) => {
  const { runId } = await control.queueRun();
  await expect(transitionRun(db, { runId, to })).rejects.toMatchObject({ code: "invalid_transition" });
});

test.each(RUN_STATES.slice(1, RUN_STATES.indexOf("failed")))("a run that goes on to %s has no reason", async (to) => {
  const { runId } = await control.queueRun();
  const [reasonCode] = FAILURE_CODES;
  await expect(transitionRun(db, { runId, to, reasonCode })).rejects.toMatchObject({ code: "invalid_transition" });
});

test("a run that is canceled again is said to be canceled already", async () => {
  const { runId } = await control.queueRun();
  const cancel = () => transitionRun(db, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  await cancel();
  await expect(cancel()).rejects.toMatchObject({
    code: "invalid_transition",
    message: `Run ${runId} is already canceled.`,
  });
});

test("a run that does not exist is not found", async () => {
  await expect(transitionRun(db, { runId: UNKNOWN, to: "planning" })).rejects.toMatchObject({ code: "run_not_found" });
  expect(await findRun(db, UNKNOWN)).toBeUndefined();
});

test("of two endings at once the run takes the first", async () => {
  const { runId } = await control.queueRun();
  let second: Promise<unknown> | undefined;
  await db.transaction().execute(async (tx) => {
    await transitionRun(tx, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
    second = expect(transitionRun(db, { runId, to: "failed", reasonCode: "UNKNOWN_ERROR" })).rejects.toMatchObject({
      code: "invalid_transition",
    });
    await control.someoneWaits();
  });
  await second;
  expect(await findRun(db, runId)).toMatchObject({ status: "canceled", failureReasonCode: "AGENT_CANCELED" });
  expect(await eventTypes(runId)).toEqual(["run_created", "run_transitioned"]);
});
