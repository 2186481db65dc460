import type { LeaseRef } from "@oroboros/control-store";
import { dropKeptDatabase, restoreKeptDatabase, type WithLeaseHeld } from "@oroboros/db-safety";
import type { Context } from "../context.ts";
import { underLease } from "../publish/step-context.ts";
import { slotPermit } from "./slot-permit.ts";

type Grant = Pick<LeaseRef, "slotId" | "leaseEpoch">;

/**
 * Points the slot back to the database that `resetLeasedDatabase` has kept, and drops the one that took its place. Changes
 * nothing where nothing is kept.
 *
 * @throws OperatorError `stale_lease`, the judge's refusals, `not_marked`, `identity_mismatch`.
 */
export function restoreKeptLeased(context: Context, lease: LeaseRef): Promise<{ restored: boolean }> {
  const request = { server: context.server, withLeaseHeld: leaseHeld(context, lease) };
  return restoreKeptDatabase(slotPermit(context, lease.slotId), request);
}

/**
 * Drops the database that `resetLeasedDatabase` has kept, once the new one is proven.
 *
 * @throws OperatorError `stale_lease`, the judge's refusals, `not_marked`, `identity_mismatch`.
 */
export function dropKeptLeased(context: Context, lease: Grant): Promise<{ dropped: boolean }> {
  const request = { server: context.server, withLeaseHeld: leaseHeld(context, lease) };
  return dropKeptDatabase(slotPermit(context, lease.slotId), request);
}

const leaseHeld =
  (context: Context, lease: Grant): WithLeaseHeld<void> =>
  (act) =>
    underLease({ context, lease }, act);
