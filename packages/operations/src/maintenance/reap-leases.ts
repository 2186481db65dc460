import { expireLeases, listSlots } from "@oroboros/control-store";
import type { RunId, SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { wakeQueue } from "../slots/wake-queue.ts";

export interface ReapReport {
  dry_run: boolean;
  /** Leases that ran out, with the run that held each; null where it was only being cleaned or prepared. */
  expired: { slot_id: SlotId; run_id: RunId | null }[];
  /** Queued runs that a worker was woken for. */
  woken: number;
}

/**
 * Ends the leases that ran out, and the runs that held them. The slots stay in quarantine until a worker has emptied them, which it is
 * woken for: what acts on a slot is the worker's, and this is what still happens while there is none.
 */
export async function reapLeases(context: Context, { dryRun }: { dryRun: boolean }): Promise<ReapReport> {
  if (dryRun) return { dry_run: true, expired: await expiredNow(context), woken: 0 };
  const reaped = await expireLeases(context.store);
  const expired = reaped.map(({ slotId, runId }) => ({ slot_id: slotId, run_id: runId }));
  return { dry_run: false, expired, woken: await wakeQueue(context) };
}

async function expiredNow({ store }: Context): Promise<ReapReport["expired"]> {
  const slots = await listSlots(store);
  return slots.flatMap(({ slotId, runId, leaseState }) =>
    leaseState === "expired" ? [{ slot_id: slotId, run_id: runId }] : [],
  );
}
