import { forgetIdle, unbindWorktree, type LeaseRef } from "@oroboros/control-store";
import { faultPoint, removeTree, swapSymlink } from "@oroboros/host";
import { placeholderPath, slotSurfaces, surfaceLink, worktreeLink } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { lockSlotOut } from "../database/lock-slot-out.ts";
import { underLease } from "../publish/step-context.ts";

/**
 * Leaves nothing of a slot's last run: its processes, worktrees, home and frontend are gone, its role is locked out of the database
 * until the next reset, and the surface shows the placeholder. What is done in files is done while nobody can take the lease away.
 * Safe to repeat.
 *
 * @throws OperatorError `stale_lease`, `reset_failed`, `unreachable`.
 */
export async function clearSlot(context: Context, lease: LeaseRef): Promise<void> {
  const { contract } = context;
  const { slotId: slot } = lease;
  await underLease({ context, lease }, async (tx) => {
    await forgetIdle(tx, slot);
    await swapSymlink({ target: placeholderPath(contract), link: surfaceLink(contract, slot) });
  });
  await faultPoint("clear.after_placeholder");
  await both(context.processes.purge(slot, { leaseEpoch: lease.leaseEpoch }), lockSlotOut(context, lease));
  await faultPoint("clear.after_purge");
  await underLease({ context, lease }, async (tx) => {
    await removeTree(worktreeLink(contract, slot), slotSurfaces(contract, slot));
    await unbindWorktree(tx, slot);
  });
}

/** Neither is still at work when the caller is told that the other failed. */
async function both(...work: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((each) => each.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
