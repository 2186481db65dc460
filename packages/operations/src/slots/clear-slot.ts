import { forgetIdle, unbindWorktree } from "@oroboros/control-store";
import { removeTree, swapSymlink } from "@oroboros/host";
import { placeholderPath, slotSurfaces, surfaceLink, worktreeLink, type SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";

/**
 * Leaves nothing of a slot's last run: its processes, worktrees, home and frontend are gone, and its surface shows the placeholder.
 * Only the holder of the slot's lease calls this. Safe to repeat.
 */
export async function clearSlot(context: Context, slot: SlotId): Promise<void> {
  const { contract } = context;
  await forgetIdle(context.store, slot);
  await swapSymlink({ target: placeholderPath(contract), link: surfaceLink(contract, slot) });
  await context.processes.purge(slot);
  await removeTree(worktreeLink(contract, slot), slotSurfaces(contract, slot));
  await unbindWorktree(context.store, slot);
}
