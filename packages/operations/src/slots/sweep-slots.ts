import {
  acquireMaintenanceLease,
  findRun,
  findWorktree,
  listSlots,
  reapExpiredLeases,
  releaseLease,
  transitionRun,
} from "@oroboros/control-store";
import { canTransition, type SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { clearSlot } from "./clear-slot.ts";
import { wakeQueue } from "./wake-queue.ts";

const MAINTENANCE_TTL_SECONDS = 60;

/**
 * Brings the host back in line with the control database: expired leases end their runs, slots that nobody holds are emptied,
 * and waiting runs are started. Safe to repeat, and with several workers at once.
 */
export async function sweepSlots(context: Context): Promise<{ expired: SlotId[]; cleared: SlotId[]; woken: number }> {
  const expired = await expireLeases(context);
  const cleared: SlotId[] = [];
  for (const { slotId, leaseState } of await listSlots(context.store)) {
    if (leaseState === "free" && (await findWorktree(context.store, slotId)) !== undefined) {
      if (await clearFreeSlot(context, slotId)) cleared.push(slotId);
    }
  }
  return { expired, cleared, woken: await wakeQueue(context) };
}

async function expireLeases(context: Context): Promise<SlotId[]> {
  return context.store.transaction().execute(async (tx) => {
    const reaped = await reapExpiredLeases(tx);
    for (const { runId } of reaped) {
      const run = runId === null ? undefined : await findRun(tx, runId);
      if (run === undefined || !canTransition(run.status, "expired")) continue;
      await transitionRun(tx, { runId: run.runId, to: "expired", reasonCode: "PREVIEW_EXPIRED" });
    }
    return reaped.map(({ slotId }) => slotId);
  });
}

async function clearFreeSlot(context: Context, slot: SlotId): Promise<boolean> {
  const lease = await acquireMaintenanceLease(context.store, slot, MAINTENANCE_TTL_SECONDS);
  if (lease === undefined) return false;
  try {
    await clearSlot(context, slot);
    return true;
  } finally {
    await releaseLease(context.store, lease);
  }
}
