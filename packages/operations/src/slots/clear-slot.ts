import { unbindWorktree } from "@oroboros/control-store";
import { removeTree } from "@oroboros/host";
import { slotSurfaces, surfaceLink, worktreeLink, type SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";

/**
 * Leaves nothing of a slot's last run: its processes, worktrees, home and surface are gone. Only the holder of the slot's
 * lease calls this. Safe to repeat.
 */
export async function clearSlot(context: Context, slot: SlotId): Promise<void> {
  const { contract } = context;
  await removeTree(surfaceLink(contract, slot));
  await context.processes.purge(slot);
  await removeTree(worktreeLink(contract, slot), slotSurfaces(contract, slot));
  await unbindWorktree(context.store, slot);
}
