import type { CommitSha, FailureCode, RunId } from "@oroboros/slot-contract";
import type { SelectQueryBuilder } from "kysely";
import type { ControlSchema, Store } from "../schema.ts";

/** What somebody decided on exactly this commit of a run, or that a push undid it. */
export interface Approval {
  runId: RunId;
  decision: "approved" | "rejected" | "voided";
  commitSha: CommitSha;
  /** A label that the caller gave; `principal` is who was authenticated. */
  reviewerId: string | null;
  principal: string;
  reason: string | null;
  failureReasonCode: FailureCode | null;
  createdAt: Date;
}

/** The decision that counts, and whether it had been made before. */
export type Decided = Approval & { already: boolean };

/** A run's decisions, in their order. */
export const listApprovals = (store: Store, runId: RunId): Promise<Approval[]> =>
  selectApprovals(store, runId).orderBy("approval_id").execute();

export const findLastApproval = (store: Store, runId: RunId): Promise<Approval | undefined> =>
  selectApprovals(store, runId).orderBy("approval_id", "desc").limit(1).executeTakeFirst();

function selectApprovals(store: Store, runId: RunId): SelectQueryBuilder<ControlSchema, "run_approvals", Approval> {
  return store
    .selectFrom("run_approvals")
    .select([
      "run_id as runId",
      "decision",
      "commit_sha as commitSha",
      "reviewer_id as reviewerId",
      "principal",
      "reason",
      "failure_reason_code as failureReasonCode",
      "created_at as createdAt",
    ])
    .where("run_id", "=", runId);
}
