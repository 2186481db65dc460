import { OperatorError, type RuntimeContract, slotHome, type SlotId, slotWorktrees } from "@oroboros/slot-contract";
import { openDirectory } from "../open-confined.ts";

type Root = Pick<RuntimeContract, "root">;

/** Where a slot's processes put what they need for a moment. */
export const temporaryPath = (contract: Root, slot: SlotId): string => `${slotHome(contract, slot)}/tmp`;

/** @throws OperatorError `path_refused` for anything that is not the slot's home and is not written below its worktrees. */
export function requireSlotPath(contract: Root, slot: SlotId, path: string): void {
  const worktrees = slotWorktrees(contract, slot);
  if (path === slotHome(contract, slot) || path === worktrees || path.startsWith(`${worktrees}/`)) return;
  throw new OperatorError("path_refused", `${path} is not a directory of ${slot}.`, {
    hint: `Use a directory below ${worktrees}.`,
  });
}

/**
 * Opens a directory for a process of the slot to work in. Whoever starts the process enters it by the handle and not by the path,
 * which the slot may replace by a link meanwhile.
 *
 * @throws OperatorError `path_refused` for anything that is not the slot's home or lies below its worktrees.
 */
export async function openSlotDirectory(contract: Root, slot: SlotId, path: string): ReturnType<typeof openDirectory> {
  requireSlotPath(contract, slot, path);
  return openDirectory(path);
}
