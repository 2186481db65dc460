import type { CommitSha, RunId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";

/** Fixes the commit that a run's slot serves from now on. */
export async function moveToCommit(store: Store, runId: RunId, commitSha: CommitSha): Promise<void> {
  await store
    .updateTable("runs")
    .set({ commit_sha: commitSha, updated_at: sql<Date>`clock_timestamp()` })
    .where("run_id", "=", runId)
    .execute();
}
