import type { CommitSha } from "@oroboros/slot-contract";
import type { Lease } from "../leases/lease-ref.ts";
import type { Store } from "../schema.ts";

/** Fixes the exact commit of a publish that named only the run's branch. */
export async function pinAttempt(
  store: Store,
  { lease, attempt, commitSha }: { lease: Pick<Lease, "runId">; attempt: number; commitSha: CommitSha },
): Promise<void> {
  await store
    .updateTable("publish_attempts")
    .set({ commit_sha: commitSha })
    .where("run_id", "=", lease.runId)
    .where("attempt", "=", attempt)
    .where("commit_sha", "is", null)
    .execute();
}
