import { RUN_STATES, REVIEW_TTL_SECONDS, type RunId, type RunState } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { commit, liveRun } from "../../test/live-run.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { beginAttempt } from "../attempts/begin-attempt.ts";
import { finishAttempt } from "../attempts/finish-attempt.ts";
import { listAttempts } from "../attempts/list-attempts.ts";
import { requestAttempt } from "../attempts/request-attempt.ts";
import { listEvents } from "../events/list-events.ts";
import { findLease } from "../leases/find-lease.ts";
import { findRun } from "../runs/find-run.ts";
import { moveToCommit } from "../runs/move-to-commit.ts";
import { asActor } from "../transaction.ts";
import { listApprovals } from "./approval.ts";
import { approveRun } from "./approve-run.ts";
import { rejectRun } from "./reject-run.ts";

const control = useControlStore({ slotCount: 2 });
const { db } = control;
const LIVE = commit("1");
const REJECTION = { reason: "the button is red", failureReasonCode: "POLICY_REJECTED" } as const;

/** A run under review whose preview shows {@link LIVE}. */
async function reviewedRun(): Promise<RunId> {
  const { runId } = await liveRun(control);
  await moveToCommit(db, runId, LIVE);
  return runId;
}

async function types(runId: RunId): Promise<string[]> {
  const events = await listEvents(db, { runId, sinceId: "0", limit: 100 });
  return events.map(({ eventType }) => eventType);
}

test("an approval is of the commit that is live, and says who gave it", async () => {
  const runId = await reviewedRun();
  const actor = { principal: "token:7:ada", traceId: "t" };
  const approval = await asActor(db, actor, (tx) => approveRun(tx, { runId, reviewerId: "ada", reason: "fine" }));
  expect(approval).toMatchObject({
    decision: "approved",
    commitSha: LIVE,
    principal: "token:7:ada",
    reviewerId: "ada",
    reason: "fine",
  });
  expect(await findRun(db, runId)).toMatchObject({ status: "approved", commitSha: LIVE });
  const events = await listEvents(db, { runId, sinceId: "0", limit: 100 });
  expect(events.at(-1)).toMatchObject({ eventType: "run_approved", detail: { commit_sha: LIVE, reviewer_id: "ada" } });
});

test("an approval in the last minute keeps the slot for another review's time, and shortens no longer one", async () => {
  const { runId, slotId } = await liveRun(control);
  await moveToCommit(db, runId, LIVE);
  await control.expireIn(slotId, 60);
  await approveRun(db, { runId });
  const leftMs = async () => (await findLease(db, slotId)).expiresAt!.getTime() - Date.now();
  expect(await leftMs()).toBeGreaterThan((REVIEW_TTL_SECONDS - 60) * 1_000);
  await control.expireIn(slotId, 2 * REVIEW_TTL_SECONDS);
  await requestAttempt(db, { runId, commitSha: LIVE });
  await db.updateTable("publish_attempts").set({ status: "canceled" }).where("attempt", "=", 2).execute();
  await approveRun(db, { runId });
  expect(await leftMs()).toBeGreaterThan((2 * REVIEW_TTL_SECONDS - 60) * 1_000);
});

test("whoever looked at another commit approves nothing", async () => {
  const runId = await reviewedRun();
  await expect(approveRun(db, { runId, commitSha: commit("2") })).rejects.toMatchObject({
    code: "commit_changed",
    message: expect.stringContaining(LIVE),
    hint: expect.stringContaining(`oroboros runs approve ${runId} --commit ${LIVE}`),
  });
  expect(await findRun(db, runId)).toMatchObject({ status: "needs_approval" });
  expect(await listApprovals(db, runId)).toEqual([]);
});

test("approving again the commit that is approved changes nothing, another one is refused", async () => {
  const runId = await reviewedRun();
  const first = await approveRun(db, { runId, commitSha: LIVE });
  const before = await types(runId);
  expect(first.already).toBe(false);
  expect(await approveRun(db, { runId, reason: "again" })).toEqual({ ...first, already: true });
  expect(await approveRun(db, { runId, commitSha: LIVE })).toEqual({ ...first, already: true });
  await expect(approveRun(db, { runId, commitSha: commit("2") })).rejects.toMatchObject({ code: "commit_changed" });
  expect(await types(runId)).toEqual(before);
  expect(await listApprovals(db, runId)).toHaveLength(1);
});

test("of ten approvals at once one is recorded, and all are told of it", async () => {
  const runId = await reviewedRun();
  const approvals = await Promise.all(Array.from({ length: 10 }, () => approveRun(db, { runId })));
  const [recorded, ...others] = await listApprovals(db, runId);
  expect(others).toEqual([]);
  const first = approvals.findIndex(({ already }) => !already);
  expect(approvals).toEqual(approvals.map((_, index) => ({ ...recorded, already: index !== first })));
});

test.each(RUN_STATES.filter((state) => state !== "needs_approval" && state !== "approved"))(
  "a run that is %s is not approved",
  async (status) => {
    const runId = await reviewedRun();
    await put(runId, status);
    await expect(approveRun(db, { runId })).rejects.toMatchObject({ code: "invalid_transition" });
    expect(await listApprovals(db, runId)).toEqual([]);
  },
);

test("what is about to be replaced is not approved, whether its publish waits or is at work", async () => {
  const runId = await reviewedRun();
  await requestAttempt(db, { runId, commitSha: commit("2") });
  const refused = () => expect(approveRun(db, { runId })).rejects.toMatchObject({ code: "commit_changed" });
  await refused();
  const begun = await beginAttempt(db, runId);
  await refused();
  const end = { status: "failed", reasonCode: "CHECKS_FAILED", message: "red" } as const;
  await finishAttempt(db, { lease: begun!.lease, attempt: 2, end });
  expect(await approveRun(db, { runId })).toMatchObject({ commitSha: LIVE });
});

test("a preview whose time is over is not approved: it is about to be gone", async () => {
  const { runId, slotId } = await liveRun(control);
  await moveToCommit(db, runId, LIVE);
  await control.expireIn(slotId, -1);
  await expect(approveRun(db, { runId, commitSha: LIVE })).rejects.toMatchObject({ code: "stale_lease" });
  expect(await findRun(db, runId)).toMatchObject({ status: "needs_approval" });
  expect(await listApprovals(db, runId)).toEqual([]);
});

test("what is approved stays so, whoever asks for a publish after its time", async () => {
  const { runId, slotId } = await liveRun(control);
  await moveToCommit(db, runId, LIVE);
  await approveRun(db, { runId });
  await control.expireIn(slotId, -1);
  await expect(requestAttempt(db, { runId, commitSha: commit("2") })).rejects.toMatchObject({ code: "stale_lease" });
  expect(await listAttempts(db, runId)).toHaveLength(1);
  expect((await listApprovals(db, runId)).map(({ decision }) => decision)).toEqual(["approved"]);
});

test("publishing an approved run again voids the approval, in one transaction", async () => {
  const runId = await reviewedRun();
  await approveRun(db, { runId });
  await asActor(db, { principal: "token:8:agent", traceId: null }, (tx) =>
    requestAttempt(tx, { runId, commitSha: commit("2") }),
  );
  expect(await findRun(db, runId)).toMatchObject({ status: "needs_approval", commitSha: LIVE });
  expect(await listApprovals(db, runId)).toMatchObject([
    { decision: "approved", commitSha: LIVE },
    { decision: "voided", commitSha: LIVE, principal: "token:8:agent" },
  ]);
  expect((await types(runId)).slice(-3)).toEqual(["run_transitioned", "approval_voided", "publish_requested"]);
});

test("an approval and a push at once leave no approved run that is being published", async () => {
  const runId = await reviewedRun();
  await Promise.allSettled([approveRun(db, { runId }), requestAttempt(db, { runId, commitSha: commit("2") })]);
  expect(await findRun(db, runId)).toMatchObject({ status: "needs_approval" });
});

test("a rejected run has failed with the reason, and its slot is taken away", async () => {
  const { runId, slotId } = await liveRun(control);
  await moveToCommit(db, runId, LIVE);
  const rejection = await rejectRun(db, { runId, ...REJECTION, reviewerId: "ada" });
  expect(rejection).toMatchObject({ decision: "rejected", commitSha: LIVE, failureReasonCode: "POLICY_REJECTED" });
  expect(await findRun(db, runId)).toMatchObject({
    status: "failed",
    slotId: null,
    failureReasonCode: "POLICY_REJECTED",
    failureMessage: REJECTION.reason,
  });
  expect(await findLease(db, slotId)).toMatchObject({ runId: null, leaseState: "quarantined" });
  expect((await types(runId)).slice(-3)).toEqual(["run_rejected", "run_transitioned", "lease_released"]);
});

test("rejecting again changes nothing, and an approved run can still be rejected", async () => {
  const runId = await reviewedRun();
  await approveRun(db, { runId });
  const first = await rejectRun(db, { runId, ...REJECTION });
  expect(await rejectRun(db, { runId, reason: "again", failureReasonCode: "CHECKS_FAILED" })).toEqual({
    ...first,
    already: true,
  });
  expect(await listApprovals(db, runId)).toMatchObject([{ decision: "approved" }, { decision: "rejected" }]);
});

test.each(RUN_STATES.filter((state) => !["preview_ready", "needs_approval", "approved"].includes(state)))(
  "a run that is %s is not rejected",
  async (status) => {
    const runId = await reviewedRun();
    await put(runId, status);
    await expect(rejectRun(db, { runId, ...REJECTION })).rejects.toMatchObject({ code: "invalid_transition" });
    expect(await listApprovals(db, runId)).toEqual([]);
  },
);

test("a decision is never changed", async () => {
  const runId = await reviewedRun();
  await approveRun(db, { runId });
  await expect(db.updateTable("run_approvals").set({ reason: "other" }).execute()).rejects.toThrow("append-only");
  await expect(db.deleteFrom("run_approvals").execute()).rejects.toThrow("append-only");
});

test("a run that does not exist is not found", async () => {
  const runId = "00000000-0000-4000-8000-000000000000" as RunId;
  await expect(approveRun(db, { runId })).rejects.toMatchObject({ code: "run_not_found" });
  await expect(rejectRun(db, { runId, ...REJECTION })).rejects.toMatchObject({ code: "run_not_found" });
});

async function put(runId: RunId, status: RunState): Promise<void> {
  const ending = status === "failed" ? ({ failure_reason_code: "CHECKS_FAILED" } as const) : {};
  await db
    .updateTable("runs")
    .set({ status, ...ending })
    .where("run_id", "=", runId)
    .execute();
}
