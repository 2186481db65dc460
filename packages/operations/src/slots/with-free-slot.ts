import { acquireMaintenanceLease, type LeaseRef } from "@oroboros/control-store";
import type { SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { endMaintenance } from "./end-maintenance.ts";
import { wakeRuns } from "./wake-queue.ts";

const TTL_SECONDS = 60;

/** Lets `act` work on a slot that nobody has, under a lease of its own; undefined where somebody has it or queued runs need it. */
export async function withFreeSlot<T>(
  context: Context,
  slot: SlotId,
  act: (lease: LeaseRef) => Promise<T>,
): Promise<T | undefined> {
  const { store, workerId } = context;
  const lease = await acquireMaintenanceLease(store, slot, TTL_SECONDS, { unlessQueued: true, workerId });
  if (lease === undefined) return undefined;
  try {
    return await act(lease);
  } finally {
    await endMaintenance(context, lease, { clean: true });
    // Whoever came meanwhile was told to wait for this slot.
    await wakeRuns(context);
  }
}
