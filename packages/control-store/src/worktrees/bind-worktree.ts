import type { CommitSha, LeaseEpoch, RunId, SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";

export interface WorktreeBinding {
  slotId: SlotId;
  runId: RunId;
  leaseEpoch: LeaseEpoch;
  commitSha: CommitSha;
  path: string;
}

/** Notes which commit stands in the slot's worktree; a slot with a binding has something to clear. */
export async function bindWorktree(store: Store, binding: WorktreeBinding): Promise<void> {
  const row = {
    run_id: binding.runId,
    lease_epoch: binding.leaseEpoch,
    commit_sha: binding.commitSha,
    path: binding.path,
  };
  await store
    .insertInto("slot_worktree_bindings")
    .values({ slot_id: binding.slotId, ...row })
    .onConflict((conflict) =>
      conflict.column("slot_id").doUpdateSet({ ...row, bound_at: sql<Date>`clock_timestamp()` }),
    )
    .execute();
}
