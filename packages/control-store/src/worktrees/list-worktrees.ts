import type { CommitSha, RunId, SlotId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

/** What a slot's worktree holds; nulls for a slot whose worktree holds nothing. */
export interface SlotWorktree {
  slotId: SlotId;
  runId: RunId | null;
  commitSha: CommitSha | null;
  path: string | null;
  boundAt: Date | null;
}

/** The worktree of every slot, in the order of the slots. */
export async function listWorktrees(store: Store): Promise<SlotWorktree[]> {
  return store
    .selectFrom("slot_leases")
    .leftJoin("slot_worktree_bindings as bound", "bound.slot_id", "slot_leases.slot_id")
    .select([
      "slot_leases.slot_id as slotId",
      "bound.run_id as runId",
      "bound.commit_sha as commitSha",
      "bound.path",
      "bound.bound_at as boundAt",
    ])
    .orderBy("slot_number")
    .execute();
}
