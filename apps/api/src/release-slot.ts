import {
  appendEvent,
  findLease,
  findRun,
  nextQueuedRuns,
  releaseLease,
  transitionRun,
  type StoreTransaction,
} from "@oroboros/control-store";
import { isTerminal, type ReleaseSlotResponse, type RunId, type SlotId } from "@oroboros/slot-contract";
import type { ApiContext } from "./api-context.ts";

/**
 * Ends a slot's lease and cancels the run that held it, in one transaction; the worker then empties the slot. With a run id, only
 * if that run is the holder.
 */
export async function releaseSlot(
  context: ApiContext,
  slot: SlotId,
  runId: RunId | undefined,
): Promise<ReleaseSlotResponse> {
  const answer = await context.store.transaction().execute(async (tx): Promise<ReleaseSlotResponse> => {
    const lease = await findLease(tx, slot);
    const released = { slot_id: slot, run_id: lease.runId };
    if (runId !== undefined && lease.runId !== runId)
      return { ...released, released: false, reason: "held_by_other_run" };
    if (!(await releaseLease(tx, lease))) return { ...released, released: false, reason: "already_free" };
    if (lease.runId !== null) await cancelRun(tx, lease.runId, slot);
    return { ...released, released: true, reason: "released" };
  });
  if (answer.released) await wakeQueue(context);
  return answer;
}

/** Cancels a run in any live state, and frees the slot it holds. */
export async function cancelLiveRun(context: ApiContext, runId: RunId): Promise<void> {
  await context.store.transaction().execute(async (tx) => {
    const run = await transitionRun(tx, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
    if (run.slotId === null) return;
    await releaseLease(tx, await findLease(tx, run.slotId));
    await appendEvent(tx, { runId, eventType: "lease_released", detail: { slot_id: run.slotId } });
  });
  await wakeQueue(context);
}

async function cancelRun(tx: StoreTransaction, runId: RunId, slot: SlotId): Promise<void> {
  await appendEvent(tx, { runId, eventType: "lease_released", detail: { slot_id: slot } });
  const run = await findRun(tx, runId);
  if (run === undefined || isTerminal(run.status)) return;
  await transitionRun(tx, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
}

/** Wakes a worker for the runs that free slots are waiting for. */
async function wakeQueue(context: ApiContext): Promise<void> {
  for (const runId of await nextQueuedRuns(context.store)) await wakeFor(context, runId);
}

/** A wake-up that is lost is made up for by the worker's reconciler, so it fails no request. */
export async function wakeFor({ queue, log }: ApiContext, runId: RunId): Promise<void> {
  try {
    await queue.enqueue(runId);
  } catch (error) {
    log.warn({ err: error, run_id: runId }, "the queue could not be woken; the worker will find the run itself");
  }
}
