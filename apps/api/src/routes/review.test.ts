import { mkdir, symlink, writeFile } from "node:fs/promises";
import {
  appendEvent,
  beginAttempt,
  findLease,
  finishAttempt,
  recordArtifact,
  requestAttempt,
  transitionRun,
} from "@oroboros/control-store";
import {
  approvalListSchema,
  artifactsPath,
  artifactUri,
  decisionSchema,
  DIFF_REPORT,
  runChecksSchema,
  runPreviewSchema,
  type CommitSha,
  type RunDiff,
  type RunId,
} from "@oroboros/slot-contract";
import { afterEach, expect, test } from "vitest";
import { aReviewedRun, commit, LIVE, publishedAgain, statusOf } from "../testing/reviewed-run.ts";
import { aLiveRun, aRun, useApi, type Answer, type Call } from "../testing/use-api.ts";

const api = useApi();
afterEach(() => api.clear());

const get = (runId: RunId, what: string): Promise<Answer> => api.call(`/api/runs/${runId}/${what}`, { as: "viewer" });
const post = (runId: RunId, action: string, body: object = {}, as: Call["as"] = "operator"): Promise<Answer> =>
  api.call(`/api/runs/${runId}/${action}`, { method: "POST", body, as });
const approvals = async (runId: RunId) => approvalListSchema.parse((await get(runId, "approvals")).body).items;

test("an operator approves exactly what is live, under his own name", async () => {
  const { runId } = await aReviewedRun(api.store);
  const { status, body } = await post(runId, "approve", { reviewer_id: "ada", reason: "fine", commit_sha: LIVE });
  expect(status).toBe(200);
  const { already, ...approval } = decisionSchema.parse(body);
  expect(already).toBe(false);
  expect(approval).toMatchObject({ decision: "approved", commit_sha: LIVE, reviewer_id: "ada", reason: "fine" });
  expect(approval.principal).toMatch(/^token:\d+:a operator$/);
  expect(await approvals(runId)).toEqual([approval]);
  expect(await statusOf(api.store, runId)).toBe("approved");
  const again = await post(runId, "approve", { reason: "really" });
  expect([again.status, again.body]).toEqual([200, { ...approval, already: true }]);
});

test("no agent approves or rejects", async () => {
  const { runId } = await aReviewedRun(api.store);
  for (const [action, body] of [
    ["approve", {}],
    ["reject", { reason: "no" }],
  ] as const) {
    expect(await post(runId, action, body, "agent")).toMatchObject({ status: 403, body: { code: "role_required" } });
  }
  expect([await statusOf(api.store, runId), await approvals(runId)]).toEqual(["needs_approval", []]);
});

test("what changed under a reviewer's eyes is not approved", async () => {
  const lease = await aReviewedRun(api.store);
  const { runId } = lease;
  await publishedAgain(api.store, lease, commit("2"));
  expect(await post(runId, "approve", { commit_sha: LIVE })).toMatchObject({
    status: 409,
    body: { code: "commit_changed", detail: expect.stringContaining(commit("2")) },
  });
  expect((await post(runId, "approve", { commit_sha: commit("2") })).status).toBe(200);
  await api.clear();
});

test("publishing an approved run again voids the approval, and it is to be approved anew", async () => {
  const lease = await api.byAgent((tx) => aReviewedRun(tx));
  const { runId } = lease;
  await post(runId, "approve");
  expect((await post(runId, "publish", { commit_sha: commit("2") }, "agent")).status).toBe(202);
  expect(await statusOf(api.store, runId)).toBe("needs_approval");
  expect((await approvals(runId)).map(({ decision, commit_sha }) => [decision, commit_sha])).toEqual([
    ["approved", LIVE],
    ["voided", LIVE],
  ]);
  expect((await approvals(runId))[1]?.principal).toMatch(/^token:\d+:a agent$/);
  expect(await post(runId, "approve")).toMatchObject({ status: 409, body: { code: "commit_changed" } });
});

test("a rejection needs a reason, fails the run and takes its slot away", async () => {
  const { runId, slotId } = await aReviewedRun(api.store);
  expect((await post(runId, "reject")).status).toBe(400);
  expect((await post(runId, "reject", { reason: "no", failure_reason_code: "AGENT_CANCELED" })).status).toBe(400);
  const { status, body } = await post(runId, "reject", { reason: "the wrong blue", reviewer_id: "ada" });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    decision: "rejected",
    failure_reason_code: "POLICY_REJECTED",
    commit_sha: LIVE,
    reason: "the wrong blue",
    already: false,
  });
  expect((await get(runId, "")).status).toBe(404);
  expect((await api.call(`/api/runs/${runId}`)).body).toMatchObject({
    status: "failed",
    failure_reason_code: "POLICY_REJECTED",
    failure_message: "the wrong blue",
    slot_id: null,
  });
  expect(await findLease(api.store, slotId)).toMatchObject({ runId: null, leaseState: "quarantined" });
  const again = await post(runId, "reject", { reason: "another reason", failure_reason_code: "CHECKS_FAILED" });
  expect([again.status, again.body]).toEqual([200, { ...(body as object), already: true }]);
  expect(await post(runId, "approve")).toMatchObject({ status: 403, body: { code: "invalid_transition" } });
});

test("the preview is where the slot serves it, at the route that was asked about", async () => {
  const { runId } = await aReviewedRun(api.store, { route: "/items?open=1" });
  expect(runPreviewSchema.parse((await get(runId, "preview")).body)).toMatchObject({
    status: "needs_approval",
    slot_id: "preview-1",
    commit_sha: LIVE,
    frontend_url: "http://127.0.0.1:3101",
    backend_url: "http://127.0.0.1:8101",
    preview_url: "http://127.0.0.1:3101/items?open=1",
  });
});

test.each([
  "//evil.example/x",
  "https://evil.example",
  "javascript:alert(1)",
  "http://127.0.0.1:3101@evil.example",
  "\\\\evil.example",
])("the route %j leads nowhere but to the preview", async (route) => {
  const { runId } = await aReviewedRun(api.store, { route });
  const { body } = await get(runId, "preview");
  expect(runPreviewSchema.parse(body).preview_url).toMatch(/^http:\/\/127\.0\.0\.1:3101(\/|$)/);
});

test("a run without a live publish, and one whose slot was taken away, has no preview", async () => {
  const { run } = await aLiveRun(api.store);
  const ended = await aReviewedRun(api.store);
  await post(ended.runId, "cancel");
  for (const runId of [run.runId, ended.runId]) {
    expect(runPreviewSchema.parse((await get(runId, "preview")).body)).toMatchObject({
      slot_id: null,
      preview_url: null,
      expires_at: null,
    });
  }
});

test("the checks are the steps of the newest publish that has begun", async () => {
  const lease = await aReviewedRun(api.store);
  const { runId } = lease;
  const step = (eventType: "step_finished" | "step_failed" | "step_reused", detail: object) =>
    appendEvent(api.store, { runId, eventType, detail: { ...detail } });
  await step("step_finished", { step: "checkout", attempt: 1, ms: 43, artifact_uri: "artifact:x/checkout.jsonl" });
  await step("step_failed", { step: "migration", attempt: 1, ms: 5, message: "syntax error" });
  const checks = async () => runChecksSchema.parse((await get(runId, "checks")).body);
  expect(await checks()).toMatchObject({
    attempt: 1,
    items: [
      {
        name: "checkout",
        status: "passed",
        commit_sha: LIVE,
        duration_ms: 43,
        artifact_uri: "artifact:x/checkout.jsonl",
      },
      { name: "migration", status: "failed", duration_ms: 5, artifact_uri: null, message: "syntax error" },
    ],
  });
  await publishedAgain(api.store, lease, commit("2"));
  await step("step_reused", { step: "dependency_sync", attempt: 2, reused: "that of publish 1" });
  await requestAttempt(api.store, { runId, commitSha: commit("3") });
  expect(await checks()).toMatchObject({
    attempt: 2,
    items: [
      {
        name: "dependency_sync",
        status: "skipped",
        commit_sha: commit("2"),
        duration_ms: 0,
        message: "that of publish 1",
      },
    ],
  });
});

test("a step that another worker did again is one check, as it ended last", async () => {
  const { runId } = await aReviewedRun(api.store);
  const step = (eventType: "step_finished" | "step_failed", detail: object) =>
    appendEvent(api.store, { runId, eventType, detail: { attempt: 1, ...detail } });
  await step("step_finished", { step: "checkout", ms: 5 });
  await step("step_failed", { step: "migration", ms: 6, message: "the worker was told to stop" });
  await step("step_finished", { step: "checkout", ms: 7 });
  await step("step_finished", { step: "migration", ms: 8 });
  const { items } = runChecksSchema.parse((await get(runId, "checks")).body);
  expect(items.map(({ name, status, duration_ms }) => [name, status, duration_ms])).toEqual([
    ["checkout", "passed", 7],
    ["migration", "passed", 8],
  ]);
});

test("after a publish that failed its checks are shown, with its commit beside the one that is live", async () => {
  const { runId } = await aReviewedRun(api.store);
  const step = (attempt: number, eventType: "step_finished" | "step_failed", message?: string) =>
    appendEvent(api.store, { runId, eventType, detail: { step: "migration", attempt, ms: 5, message } });
  const checks = async () => runChecksSchema.parse((await get(runId, "checks")).body);
  await step(1, "step_finished");
  const first = { attempt: 1, attempt_status: "succeeded", commit_sha: LIVE, failure_message: null };
  expect(await checks()).toMatchObject({ ...first, live: { attempt: 1, commit_sha: LIVE } });
  await requestAttempt(api.store, { runId, commitSha: commit("2") });
  expect(await checks()).toMatchObject(first);
  const begun = await beginAttempt(api.store, runId);
  await step(2, "step_failed", "syntax error");
  const end = { status: "failed", reasonCode: "MIGRATION_FAILED", message: "migration failed: syntax error" } as const;
  await finishAttempt(api.store, { lease: begun!.lease, attempt: 2, end });
  expect(await checks()).toEqual({
    run_id: runId,
    attempt: 2,
    attempt_status: "failed",
    commit_sha: commit("2"),
    failure_message: "migration failed: syntax error",
    live: { attempt: 1, commit_sha: LIVE },
    items: [
      expect.objectContaining({ attempt: 2, commit_sha: commit("2"), status: "failed", message: "syntax error" }),
    ],
  });
  await post(runId, "cancel");
  expect(await checks()).toMatchObject({ attempt: 2, commit_sha: commit("2"), live: null });
});

test("a run that was never published has no checks and no diff", async () => {
  const { runId } = await aRun(api.store);
  expect((await get(runId, "checks")).body).toEqual({
    run_id: runId,
    attempt: null,
    attempt_status: null,
    commit_sha: null,
    failure_message: null,
    live: null,
    items: [],
  });
  expect(await get(runId, "diff")).toMatchObject({ status: 404, body: { code: "artifact_not_found" } });
});

test("the diff is what the worker wrote down of the commit that is live", async () => {
  const lease = await aReviewedRun(api.store);
  const { runId } = lease;
  const first = await writeDiff(runId, 1, LIVE);
  expect((await get(runId, "diff")).body).toEqual(first);
  await requestAttempt(api.store, { runId, commitSha: commit("2") });
  await writeDiff(runId, 2, commit("2"));
  expect((await get(runId, "diff")).body).toEqual(first);
  await publishedAgain(api.store, lease, commit("2"));
  expect((await get(runId, "diff")).body).toMatchObject({ commit_sha: commit("2") });
});

test("a diff that was replaced by a link is not followed", async () => {
  const { runId } = await aReviewedRun(api.store);
  await writeDiff(runId, 1, LIVE, "diff_report-elsewhere.json");
  await symlink("/etc/passwd", `${artifactsPath(api.contract)}/${runId}/diff_report.json`);
  const uri = artifactUri(runId, "diff_report.json");
  await recordArtifact(api.store, { runId, artifactType: DIFF_REPORT, uri, sizeBytes: 1, attempt: 1 });
  const answer = await get(runId, "diff");
  expect(answer).toMatchObject({ status: 403, body: { code: "path_refused" } });
  expect(answer.text).not.toContain("root:");
});

test.each(["diff", "checks", "approvals", "preview"])("the %s of no run is not found", async (what) => {
  const runId = "00000000-0000-4000-8000-000000000000" as RunId;
  expect(await get(runId, what)).toMatchObject({ status: 404, body: { code: "run_not_found" } });
  expect((await api.call(`/api/runs/${runId}/${what}`, { as: null })).status).toBe(401);
});

test("an approved run can be rejected, and a queued one neither", async () => {
  const { runId } = await aReviewedRun(api.store);
  await post(runId, "approve");
  expect((await post(runId, "reject", { reason: "after all" })).status).toBe(200);
  const queued = await aRun(api.store);
  await transitionRun(api.store, { runId: queued.runId, to: "testing" });
  for (const [action, body] of [
    ["approve", {}],
    ["reject", { reason: "no" }],
  ] as const) {
    expect(await post(queued.runId, action, body)).toMatchObject({ status: 403, body: { code: "invalid_transition" } });
  }
});

async function writeDiff(
  runId: RunId,
  attempt: number,
  commitSha: CommitSha,
  file = attempt === 1 ? "diff_report.json" : `diff_report-${attempt}.json`,
): Promise<RunDiff> {
  const diff: RunDiff = {
    run_id: runId,
    base_sha: commit("0"),
    commit_sha: commitSha,
    files: [{ path: "web/a.ts", status: "modified", additions: 2, deletions: 1 }],
    patch: "diff --git a/web/a.ts b/web/a.ts\n",
    truncated: false,
  };
  const directory = `${artifactsPath(api.contract)}/${runId}`;
  await mkdir(directory, { recursive: true });
  await writeFile(`${directory}/${file}`, JSON.stringify(diff));
  const uri = artifactUri(runId, file);
  await recordArtifact(api.store, { runId, artifactType: DIFF_REPORT, uri, sizeBytes: 1, attempt });
  return diff;
}
