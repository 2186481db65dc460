import { OperatorError, type CommitSha, type RunId } from "@oroboros/slot-contract";
import { isBeingPublished } from "../attempts/is-being-published.ts";
import { appendEvent } from "../events/append-event.ts";
import { holdsSlot } from "../leases/holds-slot.ts";
import { keepForReview } from "../leases/keep-for-review.ts";
import { outOfTime } from "../runs/run-refusals.ts";
import { transitionRun } from "../runs/transition-run.ts";
import type { Store, StoreTransaction } from "../schema.ts";
import { inTransaction } from "../transaction.ts";
import { findLastApproval, type Approval, type Decided } from "./approval.ts";
import { lockReviewedRun } from "./lock-reviewed-run.ts";
import { recordDecision } from "./record-decision.ts";

export interface ApprovalRequest {
  runId: RunId;
  /** What was looked at; what is live where it is left out. */
  commitSha?: CommitSha | undefined;
  reviewerId?: string | undefined;
  reason?: string | undefined;
}

/**
 * Approves exactly the commit that a run's preview shows, which keeps its slot for another review's time. Approving what is approved already changes nothing, and answers the decision that counts.
 *
 * @throws OperatorError `run_not_found`; `invalid_transition` for a run that waits for nobody; `commit_changed` where the preview
 *   shows another commit, or is about to; `stale_lease` for a run whose slot is being taken away.
 */
export async function approveRun(store: Store, request: ApprovalRequest): Promise<Decided> {
  const { runId, reviewerId = null, reason = null } = request;
  return inTransaction(store, async (tx) => {
    const { status, commitSha } = await lockReviewedRun(tx, runId);
    if (status !== "approved" && status !== "needs_approval") throw notReviewed(runId, status);
    if (commitSha === null) throw new Error(`run ${runId} is ${status} without a commit`);
    if (request.commitSha !== undefined && request.commitSha !== commitSha) {
      throw commitChanged(runId, `its preview shows ${commitSha}, not ${request.commitSha}`, commitSha);
    }
    if (status === "approved") return { ...(await approvalOf(tx, runId)), already: true };
    // What a person looked at would be replaced after the approval.
    if (await isBeingPublished(tx, runId)) throw commitChanged(runId, "it is being published again", null);
    if (!(await holdsSlot(tx, runId))) throw outOfTime(runId);
    await transitionRun(tx, { runId, to: "approved" });
    await keepForReview(tx, runId);
    const approval = await recordDecision(tx, { runId, decision: "approved", commitSha, reviewerId, reason });
    const detail = { commit_sha: commitSha, reviewer_id: reviewerId, reason };
    await appendEvent(tx, { runId, eventType: "run_approved", detail });
    return { ...approval, already: false };
  });
}

async function approvalOf(tx: StoreTransaction, runId: RunId): Promise<Approval> {
  const approval = await findLastApproval(tx, runId);
  if (approval?.decision !== "approved") throw new Error(`run ${runId} is approved by nobody`);
  return approval;
}

function notReviewed(runId: RunId, status: string): OperatorError {
  return new OperatorError(
    "invalid_transition",
    `Run ${runId} is ${status}; only one that needs approval is approved.`,
    {
      hint: `See the run with: oroboros runs show ${runId}`,
    },
  );
}

/** `shown`: the commit to look at now; null where it is about to be replaced. */
function commitChanged(runId: RunId, what: string, shown: string | null): OperatorError {
  const next = shown === null ? " once it stands." : `, and then: oroboros runs approve ${runId} --commit ${shown}`;
  return new OperatorError("commit_changed", `Run ${runId} is not approved: ${what}.`, {
    hint: `Look at its preview again${next}`,
  });
}
