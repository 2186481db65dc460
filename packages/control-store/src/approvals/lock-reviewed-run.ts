import { OperatorError, type CommitSha, type RunId, type RunState } from "@oroboros/slot-contract";
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
  throw new OperatorError("run_not_found", `There is no run ${runId}.`, {
    hint: "List the runs with: oroboros runs list",
  });
}
