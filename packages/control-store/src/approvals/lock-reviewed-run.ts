import type { CommitSha, RunId, RunState } from "@oroboros/slot-contract";
import { runNotFound } from "../runs/run-refusals.ts";
import type { StoreTransaction } from "../schema.ts";

/**
 * Holds a run still while somebody decides on it, and says what its preview shows.
 *
 * @throws OperatorError `run_not_found`.
 */
export async function lockReviewedRun(
  tx: StoreTransaction,
  runId: RunId,
): Promise<{ status: RunState; commitSha: CommitSha | null }> {
  const run = await tx
    .selectFrom("runs")
    .select(["status", "commit_sha as commitSha"])
    .where("run_id", "=", runId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (run !== undefined) return run;
  throw runNotFound(runId);
}
