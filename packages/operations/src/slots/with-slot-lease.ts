import { acquireMaintenanceLease, findLease, type LeaseRef } from "@oroboros/control-store";
import type { Context } from "../context.ts";
import { endMaintenance } from "./end-maintenance.ts";
import { heldByOperation, refusedClaim, type Refused, type SlotClaim } from "./refused-claim.ts";

export type { Refused, SlotClaim } from "./refused-claim.ts";

const MAINTENANCE_TTL_SECONDS = 300;

/**
 * Lets `act` work on a slot under a lease: the holder's where the slot is held, a short maintenance lease where it is free.
 *
 * @throws OperatorError `lease_held` where another run holds the slot and the operator did not force it, or where the holder is being
 *   published, which nobody overrides: the publish would pass without seeing what was done to its database. `stale_lease` where the run
 *   that is named does not hold the slot, `run_not_found` where there is none. The context's signal's reason where it came before; once
 *   `act` has begun it ends what `act` does, and the lease after that.
 */
export async function withSlotLease<T>(
  context: Context,
  claim: SlotClaim,
  act: (lease: LeaseRef) => Promise<T>,
): Promise<T> {
  const { store, workerId } = context;
  context.signal?.throwIfAborted();
  const held = await findLease(store, claim.slot);
  const refused = await refusedClaim(context, claim, held);
  if (refused !== undefined) throw refused.error;
  // A publish that begins after this takes another grant of the lease, and a reset under ours is refused.
  if (held.leaseState === "held") return act(held);
  const lease = await acquireMaintenanceLease(store, claim.slot, MAINTENANCE_TTL_SECONDS, { workerId });
  if (lease === undefined) {
    const taken = await findLease(store, claim.slot);
    throw ((await refusedClaim(context, claim, taken)) ?? heldByOperation(taken)).error;
  }
  try {
    return await act(lease);
  } finally {
    await endMaintenance(context, lease, { clean: true });
  }
}

/** What {@link withSlotLease} would refuse the claim for; undefined where it would let it act. */
export async function planClaim(context: Context, claim: SlotClaim): Promise<Refused | undefined> {
  return refusedClaim(context, claim, await findLease(context.store, claim.slot));
}
