import { isDatabaseUnproven, type LeaseRef } from "@oroboros/control-store";
import { dropKeptDatabase, restoreKeptDatabase, type WithLeaseHeld } from "@oroboros/db-safety";
import type { Context } from "../context.ts";
import { underLease } from "../publish/step-context.ts";
import { slotPermit } from "./slot-permit.ts";

type Grant = Pick<LeaseRef, "slotId" | "leaseEpoch">;

/**
 * Points the slot back to the database that `resetLeasedDatabase` has kept, and drops the one that took its place. Changes nothing
 * where nothing is kept, or where the one that took its place is proven by now.
 *
 * @throws OperatorError `stale_lease`, the judge's refusals, `not_marked`, `identity_mismatch`.
 */
export async function restoreKeptLeased(context: Context, lease: LeaseRef): Promise<{ restored: boolean }> {
  return { restored: await decideKept(context, lease, { of: restoreKeptDatabase, whileUnproven: true }) };
}

/**
 * Drops the database that `resetLeasedDatabase` has kept. Leaves it where the one that took its place is not proven: a publish has
 * failed and could not be pointed back, and the next one of its run does that.
 *
 * @throws OperatorError `stale_lease`, the judge's refusals, `not_marked`, `identity_mismatch`.
 */
export async function dropKeptLeased(context: Context, lease: Grant): Promise<{ dropped: boolean }> {
  return { dropped: await decideKept(context, lease, { of: dropKeptDatabase, whileUnproven: false }) };
}

/** Which of the two databases is the proven one is asked in the transaction that decides: no publish can end meanwhile. */
async function decideKept(
  context: Context,
  lease: Grant,
  { of, whileUnproven }: { of: typeof dropKeptDatabase | typeof restoreKeptDatabase; whileUnproven: boolean },
): Promise<boolean> {
  let isDone = false;
  const withLeaseHeld: WithLeaseHeld<void> = (act) =>
    underLease({ context, lease }, async (tx) => {
      if ((await isDatabaseUnproven(tx, lease.slotId)) !== whileUnproven) return;
      await act(tx);
      isDone = true;
    });
  const { server, slotPasswordKey } = context;
  const { slotId, leaseEpoch } = lease;
  await of(slotPermit(context, slotId), { server, leaseEpoch, slotPasswordKey, withLeaseHeld });
  return isDone;
}
