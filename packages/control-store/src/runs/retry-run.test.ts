import { RUN_STATES, type ReasonCode, type RunId, type RunState } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { commit } from "../../test/live-run.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { listEvents } from "../events/list-events.ts";
import { asActor } from "../transaction.ts";
import { createRun } from "./create-run.ts";
import { findRun } from "./find-run.ts";
import { listRuns } from "./list-runs.ts";
import { pinCommit } from "./pin-commit.ts";
import { retryRun } from "./retry-run.ts";
import { transitionRun } from "./transition-run.ts";

const control = useControlStore({ slotCount: 1 });
const { db } = control;
const ASKED = {
  title: "Blue button",
  prompt: "make it blue",
  branch: "feature",
  commitSha: null,
  createdBy: "ada",
  route: "/items",
  pageTitle: "Items",
  elementHint: "button#save",
  note: "the left one",
  metadata: { viewport: [1280, 720] },
};

/** A run of a branch that was fixed to a commit by its publish and then ended. */
async function endedRun(to: "failed" | "canceled" | "expired", reasonCode: ReasonCode): Promise<RunId> {
  const { runId } = await createRun(db, ASKED);
  await pinCommit(db, runId, commit("1"));
  await transitionRun(db, { runId, to, reasonCode });
  return runId;
}

test.each([
  ["failed", "CHECKS_FAILED"],
  ["canceled", "AGENT_CANCELED"],
  ["expired", "PREVIEW_EXPIRED"],
] as const)("a run that is %s is tried again as it was asked for, in the name of who asks", async (to, code) => {
  const parent = await endedRun(to, code);
  const actor = { principal: "token:3:ci", traceId: null };
  const { run, already } = await asActor(db, actor, (tx) => retryRun(tx, { runId: parent, by: "retry" }));
  expect(already).toBe(false);
  expect(run).toMatchObject({ ...ASKED, status: "queued", parentRunId: parent, principal: "token:3:ci" });
  const events = await listEvents(db, { runId: parent, sinceId: "0", limit: 10 });
  expect(events.at(-1)).toMatchObject({
    eventType: "run_retried",
    detail: { child_run_id: run.runId, by: "retry" },
  });
  expect(await findRun(db, parent)).toMatchObject({ status: to });
});

test("a run that named its commit is tried again at that commit", async () => {
  const { runId } = await createRun(db, { ...ASKED, commitSha: commit("7") });
  await transitionRun(db, { runId, to: "failed", reasonCode: "UNKNOWN_ERROR" });
  expect((await retryRun(db, { runId, by: "retry" })).run.commitSha).toBe(commit("7"));
});

test.each([
  ["failed", "AGENT_TIMEOUT"],
  ["expired", "PREVIEW_EXPIRED"],
] as const)("a run that is %s with %s is resumed at exactly its commit", async (to, code) => {
  const runId = await endedRun(to, code);
  expect((await retryRun(db, { runId, by: "resume" })).run).toMatchObject({
    commitSha: commit("1"),
    branch: "feature",
  });
});

test.each([
  ["failed", "CHECKS_FAILED"],
  ["canceled", "AGENT_CANCELED"],
] as const)("a run that is %s with %s is not resumed, and told to be retried", async (to, code) => {
  const runId = await endedRun(to, code);
  await expect(retryRun(db, { runId, by: "resume" })).rejects.toMatchObject({
    code: "invalid_transition",
    hint: expect.stringContaining("runs retry"),
  });
  expect((await listRuns(db, { limit: 5, offset: 0 })).total).toBe(1);
});

test("as long as the child lives it is the answer, and after it another one is made", async () => {
  const runId = await endedRun("failed", "AGENT_TIMEOUT");
  const first = await retryRun(db, { runId, by: "retry" });
  expect(await retryRun(db, { runId, by: "retry" })).toEqual({ run: first.run, already: true });
  expect(await retryRun(db, { runId, by: "resume" })).toEqual({ run: first.run, already: true });
  await transitionRun(db, { runId: first.run.runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  const second = await retryRun(db, { runId, by: "retry" });
  expect(second).toMatchObject({ already: false, run: { parentRunId: runId } });
  expect(second.run.runId).not.toBe(first.run.runId);
});

test("of ten tries at once one makes the child", async () => {
  const runId = await endedRun("failed", "CHECKS_FAILED");
  const tries = await Promise.all(Array.from({ length: 10 }, () => retryRun(db, { runId, by: "retry" })));
  expect(new Set(tries.map(({ run }) => run.runId)).size).toBe(1);
  expect(tries.filter(({ already }) => !already)).toHaveLength(1);
});

test("no second live child is written, whoever writes it", async () => {
  const parentRunId = await endedRun("failed", "CHECKS_FAILED");
  await createRun(db, { ...ASKED, parentRunId });
  await expect(createRun(db, { ...ASKED, parentRunId })).rejects.toThrow("runs_one_live_child");
});

const NOT_ENDED = RUN_STATES.filter((state) => !["failed", "canceled", "expired"].includes(state));
test.each<RunState>(NOT_ENDED)("a run that is %s is not tried again", async (status) => {
  const { runId } = await control.queueRun();
  await db.updateTable("runs").set({ status }).where("run_id", "=", runId).execute();
  for (const by of ["retry", "resume"] as const) {
    await expect(retryRun(db, { runId, by })).rejects.toMatchObject({ code: "invalid_transition" });
  }
});

test("a run that does not exist is not found", async () => {
  const runId = "00000000-0000-4000-8000-000000000000" as RunId;
  await expect(retryRun(db, { runId, by: "retry" })).rejects.toMatchObject({ code: "run_not_found" });
});
