import { OperatorError, type FailureCode, type RunId, type RunState } from "@oroboros/slot-contract";
import { appendEvent } from "../events/append-event.ts";
import { endRun } from "../leases/end-run.ts";
import type { Store } from "../schema.ts";
import { inTransaction } from "../transaction.ts";
import { findLastApproval, type Decided } from "./approval.ts";
import { lockReviewedRun } from "./lock-reviewed-run.ts";
import { recordDecision } from "./record-decision.ts";

const REJECTABLE: readonly RunState[] = ["preview_ready", "needs_approval", "approved"];

export interface Rejection {
  runId: RunId;
  reason: string;
  failureReasonCode: FailureCode;
  reviewerId?: string | undefined;
}

/**
 * Says no to a run: it has failed, and its slot is taken away in the same transaction. Rejecting what is rejected already changes
 * nothing, and answers the decision that counts.
 *
 * @throws OperatorError `run_not_found`; `invalid_transition` for a run that nobody can look at.
 */
export async function rejectRun(store: Store, rejection: Rejection): Promise<Decided> {
  const { runId, reason, failureReasonCode, reviewerId = null } = rejection;
  return inTransaction(store, async (tx) => {
    const { status, commitSha } = await lockReviewedRun(tx, runId);
    const last = status === "failed" ? await findLastApproval(tx, runId) : undefined;
    if (last?.decision === "rejected") return { ...last, already: true };
    if (!REJECTABLE.includes(status)) {
      throw new OperatorError("invalid_transition", `Run ${runId} is ${status}; only a live preview is rejected.`, {
        hint: `See the run with: oroboros runs show ${runId}`,
      });
    }
    if (commitSha === null) throw new Error(`run ${runId} is ${status} without a commit`);
    const decision = { runId, decision: "rejected", commitSha, reviewerId, reason, failureReasonCode } as const;
    const recorded = await recordDecision(tx, decision);
    const detail = { commit_sha: commitSha, reviewer_id: reviewerId, reason, reason_code: failureReasonCode };
    await appendEvent(tx, { runId, eventType: "run_rejected", detail });
    await endRun(tx, { runId, to: "failed", reasonCode: failureReasonCode, message: reason });
    return { ...recorded, already: false };
  });
}
