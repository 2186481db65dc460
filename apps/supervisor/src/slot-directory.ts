import { openDirectory } from "@oroboros/host";
import { OperatorError, type RuntimeContract, slotHome, type SlotId, slotWorktrees } from "@oroboros/slot-contract";

/**
 * Opens a directory for a process of the slot to work in. The process enters it while it is still root, so the handle, and not
 * the path, which the slot may replace by a link meanwhile, says where.
 *
 * @throws OperatorError `path_refused` for anything that is not the slot's home or lies below its worktrees.
 */
export async function openSlotDirectory(
  contract: RuntimeContract,
  slot: SlotId,
  path: string,
): ReturnType<typeof openDirectory> {
  const worktrees = slotWorktrees(contract, slot);
  if (path === slotHome(contract, slot) || path === worktrees || path.startsWith(`${worktrees}/`))
    return openDirectory(path);
  throw new OperatorError("path_refused", `${path} is not a directory of ${slot}.`, {
    hint: `Use a directory below ${worktrees}.`,
  });
}
