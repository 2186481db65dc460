import type {
  ApprovalView,
  DestructiveReport,
  Client,
  CommitSha,
  FailureCode,
  ReasonCode,
  RunChecks,
  RunDiff,
  RunId,
  RunPreview,
  RunState,
  RunView,
} from "@oroboros/slot-contract";

/** The part of the api that moves runs and decides on them. */
export interface RunActionsClient {
  retryRun(runId: RunId): Promise<RunView>;
  resumeRun(runId: RunId): Promise<RunView>;
  transitionRun(runId: RunId, to: RunState, code: ReasonCode | undefined): Promise<RunView>;
  expireRun(runId: RunId, reason: string | undefined): Promise<RunView>;
  extendRun(runId: RunId, hours: number): Promise<RunPreview>;
  approveRun(runId: RunId, approval: Review & { commit_sha?: CommitSha | undefined }): Promise<ApprovalView>;
  rejectRun(
    runId: RunId,
    rejection: Review & { reason: string; failure_reason_code: FailureCode },
  ): Promise<ApprovalView>;
  /** The decisions on a run, oldest first. */
  listApprovals(runId: RunId): Promise<ApprovalView[]>;
  /** What the migrations of the commit that an approval would be of would destroy; null where nobody has looked. */
  destructiveToApprove(runId: RunId): Promise<DestructiveReport | null>;
  runDiff(runId: RunId): Promise<RunDiff>;
  runChecks(runId: RunId): Promise<RunChecks>;
}

interface Review {
  reviewer_id?: string | undefined;
  reason?: string | undefined;
}

/** @param told tells a failed call as the command line tells errors. */
export function runActionsClient(client: Client, told: <T>(call: Promise<T>) => Promise<T>): RunActionsClient {
  const of = (id: RunId) => ({ params: { id } });
  return {
    retryRun: (id) => told(client.retryRun(of(id))),
    resumeRun: (id) => told(client.resumeRun(of(id))),
    transitionRun: (id, to_status, failure_reason_code) =>
      told(client.transitionRun({ ...of(id), body: { to_status, failure_reason_code } })),
    expireRun: (id, reason) => told(client.expireRun({ ...of(id), body: { reason } })),
    extendRun: (id, hours) => told(client.extendRun({ ...of(id), body: { hours } })),
    approveRun: (id, body) => told(client.approveRun({ ...of(id), body })),
    rejectRun: (id, body) => told(client.rejectRun({ ...of(id), body })),
    listApprovals: async (id) => (await told(client.runApprovals(of(id)))).items,
    destructiveToApprove: async (id) => (await told(client.runApprovals(of(id)))).destructive_statements,
    runDiff: (id) => told(client.runDiff(of(id))),
    runChecks: (id) => told(client.runChecks(of(id))),
  };
}
