import type { CommitSha, RunId } from "@oroboros/slot-contract";
import { appendEvent } from "../events/append-event.ts";
import { transitionRun } from "../runs/transition-run.ts";
import type { StoreTransaction } from "../schema.ts";
import { recordDecision } from "./record-decision.ts";

/** Takes an approved run back to where it waits for a person: what was approved is about to be replaced by another publish. */
export async function voidApproval(
  tx: StoreTransaction,
  { runId, nextCommitSha }: { runId: RunId; nextCommitSha: CommitSha | null },
): Promise<void> {
  const { commitSha } = await transitionRun(tx, { runId, to: "needs_approval" });
  if (commitSha === null) throw new Error(`run ${runId} was approved without a commit`);
  await recordDecision(tx, { runId, decision: "voided", commitSha, reason: "The run was published again." });
  const detail = { commit_sha: commitSha, next_commit_sha: nextCommitSha };
  await appendEvent(tx, { runId, eventType: "approval_voided", detail });
}
