import type { SlotId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

export async function unbindWorktree(store: Store, slot: SlotId): Promise<void> {
  await store.deleteFrom("slot_worktree_bindings").where("slot_id", "=", slot).execute();
}
