import type { CommitSha, RunId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

/** Fixes the exact commit of a run that named only a branch. What was fixed before stays. */
export async function pinCommit(store: Store, runId: RunId, commitSha: CommitSha): Promise<void> {
  await store
    .updateTable("runs")
    .set({ commit_sha: commitSha })
    .where("run_id", "=", runId)
    .where("commit_sha", "is", null)
    .execute();
}
