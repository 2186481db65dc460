import type { SlotId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";
import type { WorktreeBinding } from "./bind-worktree.ts";

export async function findWorktree(store: Store, slot: SlotId): Promise<WorktreeBinding | undefined> {
  return store
    .selectFrom("slot_worktree_bindings")
    .select(["slot_id as slotId", "run_id as runId", "lease_epoch as leaseEpoch", "commit_sha as commitSha", "path"])
    .where("slot_id", "=", slot)
    .executeTakeFirst();
}
