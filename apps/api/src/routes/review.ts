import {
  approveRun,
  findRun,
  listApprovals,
  listArtifacts,
  listAttempts,
  listChecks,
  rejectRun,
} from "@oroboros/control-store";
import { readArtifact } from "@oroboros/host/read-only";
import {
  approveRunRequestSchema,
  artifactsPath,
  DIFF_REPORT,
  OperatorError,
  parseArtifactUri,
  rejectRunRequestSchema,
  runDiffSchema,
  type RunChecks,
  type RunDiff,
  type RunId,
} from "@oroboros/slot-contract";
import { change } from "../acting.ts";
import type { Api, ApiContext } from "../api-context.ts";
import { authenticate } from "../authenticate.ts";
import { etagged } from "../etagged.ts";
import { parseBody, runIdParameter, runNotFound } from "../parse-request.ts";
import { wakeQueue } from "../release-slot.ts";
import { approvalView, checkView, decisionView, runPreview } from "../review-view.ts";

/** What a person looks at, and what he decides. An approved run waits there: nothing of it is merged or deployed by the approval. */
export function reviewRoutes(api: Api, context: ApiContext): void {
  const { store } = context;
  const viewer = authenticate(store, "viewer");
  const operator = authenticate(store, "operator");

  api.get("/api/runs/:id/diff", viewer, etagged, async (c) => c.json(await runDiff(context, runIdParameter(c))));
  api.get("/api/runs/:id/checks", viewer, etagged, async (c) => c.json(await runChecks(context, runIdParameter(c))));
  api.get("/api/runs/:id/preview", viewer, etagged, async (c) => c.json(await runPreview(context, runIdParameter(c))));

  api.get("/api/runs/:id/approvals", viewer, etagged, async (c) => {
    const runId = runIdParameter(c);
    const [run, approvals, attempts] = await Promise.all([
      findRun(store, runId),
      listApprovals(store, runId),
      listAttempts(store, runId),
    ]);
    if (run === undefined) throw runNotFound(runId);
    const live = attempts.findLast(({ status }) => status === "succeeded");
    return c.json({
      items: approvals.map((approval) => approvalView(approval, attempts)),
      destructive_statements: live?.destructive ?? null,
    });
  });

  api.post("/api/runs/:id/approve", operator, async (c) => {
    const runId = runIdParameter(c);
    const { reviewer_id: reviewerId, reason, commit_sha: commitSha } = await parseBody(c, approveRunRequestSchema);
    const approval = await change(context, c, (tx) => approveRun(tx, { runId, commitSha, reviewerId, reason }));
    return c.json(decisionView(approval, await listAttempts(store, runId)));
  });

  api.post("/api/runs/:id/reject", operator, async (c) => {
    const runId = runIdParameter(c);
    const request = await parseBody(c, rejectRunRequestSchema);
    const { reason, reviewer_id: reviewerId, failure_reason_code: failureReasonCode } = request;
    const rejection = { runId, reason, failureReasonCode, reviewerId };
    const rejected = await change(context, c, (tx) => rejectRun(tx, rejection));
    await wakeQueue(context);
    return c.json(decisionView(rejected, await listAttempts(store, runId)));
  });
}

/** The steps of the newest publish that has begun; each is a check of its commit, which may be another than the one that is live. */
async function runChecks({ store }: ApiContext, runId: RunId): Promise<RunChecks> {
  const [run, attempts] = await Promise.all([findRun(store, runId), listAttempts(store, runId)]);
  if (run === undefined) throw runNotFound(runId);
  const newest = attempts.findLast(({ startedAt }) => startedAt !== null);
  const live = run.slotId === null ? undefined : attempts.findLast(({ status }) => status === "succeeded");
  const { attempt = null, commitSha = null } = newest ?? {};
  const checks = attempt === null ? [] : await listChecks(store, runId, attempt);
  return {
    run_id: runId,
    attempt,
    attempt_status: newest?.status ?? null,
    commit_sha: commitSha,
    failure_message: newest?.failureMessage ?? null,
    live: live === undefined ? null : { attempt: live.attempt, commit_sha: live.commitSha },
    // A step only begins once the commit is known.
    items:
      attempt === null || commitSha === null ? [] : checks.map((check) => checkView(check, { attempt, commitSha })),
  };
}

/** As the worker wrote it down: the api itself never runs git. */
async function runDiff({ contract, store }: ApiContext, runId: RunId): Promise<RunDiff> {
  const [run, artifacts, attempts] = await Promise.all([
    findRun(store, runId),
    listArtifacts(store, runId),
    listAttempts(store, runId),
  ]);
  if (run === undefined) throw runNotFound(runId);
  // A later publish may be at work on, or have failed with, another commit than the one that is live.
  const ofCommit = attempts.filter(({ commitSha }) => commitSha === run.commitSha).map(({ attempt }) => attempt);
  const report = artifacts.findLast(
    ({ artifactType, attempt }) => artifactType === DIFF_REPORT && ofCommit.includes(attempt),
  );
  const named = report === undefined ? undefined : parseArtifactUri(report.uri);
  if (named === undefined) {
    throw new OperatorError("artifact_not_found", `What run ${runId} changes is not recorded yet.`, {
      hint: "It is, soon after the run's publish has begun; see the run with: oroboros runs show <run_id>",
    });
  }
  const content = await readArtifact({ root: `${artifactsPath(contract)}/${runId}`, file: named.file });
  return runDiffSchema.parse(JSON.parse(new TextDecoder().decode(content)));
}
