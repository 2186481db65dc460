import { holdLease, type LeaseRef } from "@oroboros/control-store";
import { lockSlotOut as lockOut } from "@oroboros/db-safety";
import type { Context } from "../context.ts";
import { slotPermit } from "./slot-permit.ts";

/**
 * Makes sure that nothing of a slot's last run reaches the slot's database any more, wherever it runs, until the next reset.
 *
 * @throws OperatorError `stale_lease`, the judge's refusals, `reset_failed`.
 */
export function lockSlotOut(context: Context, lease: LeaseRef): Promise<void> {
  return lockOut(slotPermit(context, lease.slotId), {
    server: context.server,
    withLeaseHeld: (act) =>
      context.store.transaction().execute(async (tx) => {
        await holdLease(tx, lease);
        await act(tx);
      }),
  });
}
