import {
  appendEvent,
  findLease,
  nextQueuedRuns,
  releaseLease,
  transitionRun,
  type LeaseRef,
  type StoreTransaction,
} from "@oroboros/control-store";
import { OperatorError, type ReleaseSlotResponse, type RunId, type SlotId } from "@oroboros/slot-contract";
import type { ApiContext } from "./api-context.ts";
import { ANSWER_DEADLINE_MS, within } from "./within.ts";

/**
 * Ends a slot's lease and cancels the run that held it, in one transaction; the worker then empties the slot. With a run id, only
 * if that run is the holder.
 */
export async function releaseSlot(
  context: ApiContext,
  slot: SlotId,
  runId: RunId | undefined,
): Promise<ReleaseSlotResponse> {
  const answer = await context.store.transaction().execute((tx) => endLease(tx, slot, runId));
  if (answer.released) await wakeQueue(context);
  return answer;
}

/** Cancels a run in any live state, and frees the slot it holds. */
export async function cancelLiveRun(context: ApiContext, runId: RunId): Promise<void> {
  await context.store.transaction().execute(async (tx) => {
    const run = await transitionRun(tx, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
    if (run.slotId === null) return;
    const lease = await findLease(tx, run.slotId);
    if (lease.runId === runId) await freeSlot(tx, lease);
  });
  await wakeQueue(context);
}

async function endLease(tx: StoreTransaction, slot: SlotId, runId: RunId | undefined): Promise<ReleaseSlotResponse> {
  const lease = await findLease(tx, slot);
  const answer = (reason: ReleaseSlotResponse["reason"]): ReleaseSlotResponse => {
    return { released: reason === "released", slot_id: slot, run_id: lease.runId, reason };
  };
  if (lease.leaseState === "free") return answer("already_free");
  if (runId !== undefined && lease.runId !== runId) return answer("held_by_other_run");
  // The run's row is locked before the slot's, as the worker does it: the other order can deadlock with a run that ends.
  if (lease.runId !== null) await cancelUnlessEnded(tx, lease.runId);
  return answer((await freeSlot(tx, lease)) ? "released" : "already_free");
}

async function cancelUnlessEnded(tx: StoreTransaction, runId: RunId): Promise<void> {
  try {
    await transitionRun(tx, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  } catch (error) {
    if (!(error instanceof OperatorError && error.code === "invalid_transition")) throw error;
  }
}

async function freeSlot(tx: StoreTransaction, { slotId, runId, leaseEpoch }: LeaseRef): Promise<boolean> {
  if (!(await releaseLease(tx, { slotId, leaseEpoch }))) return false;
  if (runId !== null) await appendEvent(tx, { runId, eventType: "lease_released", detail: { slot_id: slotId } });
  return true;
}

/** Wakes a worker for the runs that free slots are waiting for, and for emptying a slot that none of them takes. */
async function wakeQueue(context: ApiContext): Promise<void> {
  const runs = await nextQueuedRuns(context.store);
  await Promise.all([...runs.map((runId) => wakeFor(context, runId)), wakeToSweep(context)]);
}

/** A wake-up that is lost is made up for by the worker's reconciler, so it fails no request. */
export async function wakeFor({ queue, log }: ApiContext, runId: RunId): Promise<void> {
  try {
    await within(ANSWER_DEADLINE_MS, queue.enqueue(runId));
  } catch (error) {
    log.warn({ err: error, run_id: runId }, "the queue could not be woken; the worker will find the run itself");
  }
}

async function wakeToSweep({ queue, log }: ApiContext): Promise<void> {
  try {
    await within(ANSWER_DEADLINE_MS, queue.enqueueSweep());
  } catch (error) {
    log.warn({ err: error }, "the queue could not be woken; the worker will find the freed slot itself");
  }
}
