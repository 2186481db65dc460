import { acquireMaintenanceLease, findLease, listAttempts, type LeaseRef } from "@oroboros/control-store";
import { OperatorError, type RunId, type SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { endMaintenance } from "./end-maintenance.ts";

const MAINTENANCE_TTL_SECONDS = 300;

/** Who an operation on a slot acts for: the run that holds it, or an operator who overrides the holder. */
export interface SlotClaim {
  slot: SlotId;
  runId?: RunId | undefined;
  force: boolean;
}

/**
 * Lets `act` work on a slot under a lease: the holder's where the slot is held, a short maintenance lease where it is free.
 *
 * @throws OperatorError `lease_held` where another run holds the slot and the operator did not force it, or where the holder is being
 *   published, which nobody overrides: the publish would pass without seeing what was done to its database.
 */
export async function withSlotLease<T>(
  context: Context,
  claim: SlotClaim,
  act: (lease: LeaseRef) => Promise<T>,
): Promise<T> {
  const held = await findLease(context.store, claim.slot);
  if (held.leaseState === "held") {
    if (held.runId !== claim.runId && !claim.force) throw leaseHeld(claim.slot, held.runId);
    // A publish that begins after this takes another grant of the lease, and a reset under ours is refused.
    if (await isPublished(context, held.runId)) throw beingPublished(claim.slot, held.runId);
    return act(held);
  }
  const lease = await acquireMaintenanceLease(context.store, claim.slot, MAINTENANCE_TTL_SECONDS, {
    workerId: context.workerId,
  });
  if (lease === undefined) throw held.leaseState === "quarantined" ? notClean(claim.slot) : leaseHeld(claim.slot, null);
  try {
    return await act(lease);
  } finally {
    await endMaintenance(context, lease, { clean: true });
  }
}

/** What {@link withSlotLease} would refuse the claim for, as a line of a plan; nothing where it would let it act. */
export async function planClaim(context: Context, { slot, runId, force }: SlotClaim): Promise<string[]> {
  const lease = await findLease(context.store, slot);
  const isHeld = lease.leaseState === "held";
  if (isHeld && (await isPublished(context, lease.runId)))
    return [`${slot} is being published by run ${lease.runId}: wait until that has ended`];
  if (lease.leaseState === "free" || (isHeld && (force || lease.runId === runId))) return [];
  if (lease.leaseState === "quarantined") return [`${slot} is being cleaned after its last run: wait until it is free`];
  if (!isHeld || lease.runId === null) return [`${slot} is held by another operation: wait until it has ended`];
  return [`${slot} is held by run ${lease.runId}: needs --run-id ${lease.runId} or --force`];
}

/** One that only waits to be published again has not begun to touch the slot. */
async function isPublished({ store }: Context, runId: RunId | null): Promise<boolean> {
  if (runId === null) return false;
  return (await listAttempts(store, runId)).some(({ status }) => status === "running");
}

function beingPublished(slot: SlotId, runId: RunId | null): OperatorError {
  return new OperatorError("lease_held", `${slot} is being published by run ${runId}.`, {
    hint: `Try again when the publish has ended; see it with: oroboros runs show ${runId}`,
  });
}

function leaseHeld(slot: SlotId, runId: RunId | null): OperatorError {
  const holder = runId === null ? "another operation" : `run ${runId}`;
  const hint =
    runId === null
      ? "Try again when it has ended."
      : `Name the holder with --run-id ${runId}, or override it with --force.`;
  return new OperatorError("lease_held", `${slot} is held by ${holder}.`, { hint });
}

function notClean(slot: SlotId): OperatorError {
  return new OperatorError("lease_held", `${slot} is being cleaned after its last run.`, {
    hint: "Try again when it is free; see it with: oroboros slots list",
  });
}
