import { sql } from "kysely";
import type { StoreTransaction } from "../schema.ts";
import { actingPrincipal } from "../transaction.ts";
import { findLastApproval, type Approval } from "./approval.ts";

export type Decision = Pick<Approval, "runId" | "decision" | "commitSha"> &
  Partial<Pick<Approval, "reviewerId" | "reason" | "failureReasonCode">>;

/** Writes a decision down in the name of the transaction's actor. */
export async function recordDecision(tx: StoreTransaction, decision: Decision): Promise<Approval> {
  const { runId } = decision;
  await tx
    .insertInto("run_approvals")
    .values({
      run_id: runId,
      decision: decision.decision,
      commit_sha: decision.commitSha,
      reviewer_id: decision.reviewerId ?? null,
      principal: sql<string>`coalesce(${actingPrincipal}, session_user)`,
      reason: decision.reason ?? null,
      failure_reason_code: decision.failureReasonCode ?? null,
    })
    .execute();
  const recorded = await findLastApproval(tx, runId);
  if (recorded === undefined) throw new Error("a decision that was just inserted can be read");
  return recorded;
}
