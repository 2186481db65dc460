import { holdLease, type LeaseRef } from "@oroboros/control-store";
import { judgeSlotDatabase, lockSlotOut as lockOut } from "@oroboros/db-safety";
import { slotDatabase } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";

/**
 * Makes sure that nothing of a slot's last run reaches the slot's database any more, wherever it runs, until the next reset. Where
 * that is, nobody has to claim: a slot must be emptied also where the configured claim is wrong.
 *
 * @throws OperatorError `stale_lease`, `reset_failed`, `unreachable`.
 */
export function lockSlotOut({ store, server }: Context, lease: LeaseRef): Promise<void> {
  const { slotId: slot } = lease;
  const claimedUrl = `postgresql://${server.host}:${server.port}/${slotDatabase(slot)}`;
  return lockOut(judgeSlotDatabase({ slot, claimedUrl, server }), {
    server,
    leaseEpoch: lease.leaseEpoch,
    withLeaseHeld: (act) =>
      store.transaction().execute(async (tx) => {
        await holdLease(tx, lease);
        await act(tx);
      }),
  });
}
