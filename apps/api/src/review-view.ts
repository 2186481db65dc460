import {
  findLease,
  findLiveAttempt,
  findRun,
  type Approval,
  type Check,
  type Decided,
  type PublishAttempt,
  type Run,
} from "@oroboros/control-store";
import {
  backendPort,
  frontendPort,
  loopbackUrl,
  type ApprovalView,
  type CommitSha,
  type DecisionView,
  type RunChecks,
  type RunId,
  type RunPreview,
} from "@oroboros/slot-contract";
import type { ApiContext } from "./api-context.ts";
import { runNotFound } from "./parse-request.ts";

/** `attempts`: all publishes of the run, of which one was of the commit that was decided on. */
export function approvalView(approval: Approval, attempts: readonly PublishAttempt[]): ApprovalView {
  const looked = attempts.findLast(
    ({ commitSha, destructive }) => commitSha === approval.commitSha && destructive !== null,
  );
  return {
    run_id: approval.runId,
    decision: approval.decision,
    commit_sha: approval.commitSha,
    reviewer_id: approval.reviewerId,
    principal: approval.principal,
    reason: approval.reason,
    failure_reason_code: approval.failureReasonCode,
    created_at: approval.createdAt.toISOString(),
    destructive_statements: looked?.destructive ?? null,
  };
}

export const decisionView = ({ already, ...approval }: Decided, attempts: readonly PublishAttempt[]): DecisionView => ({
  ...approvalView(approval, attempts),
  already,
});

const STATUS = { step_finished: "passed", step_failed: "failed", step_reused: "skipped" } as const;

export function checkView(
  check: Check,
  { attempt, commitSha }: { attempt: number; commitSha: CommitSha },
): RunChecks["items"][number] {
  const { step, ms, artifact_uri: uri, message, reused } = check.detail;
  return {
    name: String(step),
    attempt,
    status: STATUS[check.eventType],
    commit_sha: commitSha,
    duration_ms: typeof ms === "number" ? ms : 0,
    artifact_uri: textOrNull(uri),
    message: textOrNull(message ?? reused),
    finished_at: check.createdAt.toISOString(),
  };
}

const textOrNull = (value: unknown): string | null => (typeof value === "string" ? value : null);

/** Where a run can be looked at: nowhere before its first publish, and no longer once its slot is taken away. */
export async function runPreview({ contract, store }: ApiContext, runId: RunId): Promise<RunPreview> {
  const [run, live] = await Promise.all([findRun(store, runId), findLiveAttempt(store, runId)]);
  if (run === undefined) throw runNotFound(runId);
  const lease = run.slotId === null || live === undefined ? undefined : await findLease(store, run.slotId);
  if (lease === undefined || lease.runId !== runId) return { ...noPreview, run_id: runId, status: run.status };
  const frontend = loopbackUrl(frontendPort(contract, lease.slotId));
  return {
    run_id: runId,
    status: run.status,
    slot_id: lease.slotId,
    commit_sha: live?.commitSha ?? null,
    frontend_url: frontend,
    backend_url: loopbackUrl(backendPort(contract, lease.slotId)),
    preview_url: atRoute(frontend, run),
    expires_at: lease.expiresAt?.toISOString() ?? null,
  };
}

const noPreview = {
  slot_id: null,
  commit_sha: null,
  frontend_url: null,
  backend_url: null,
  preview_url: null,
  expires_at: null,
};

/** A route is what somebody wrote: it never leads away from the preview. */
function atRoute(frontend: string, { route }: Run): string {
  if (route === null || !URL.canParse(route, frontend)) return frontend;
  const url = new URL(route, frontend);
  return url.origin === frontend ? url.href : frontend;
}
