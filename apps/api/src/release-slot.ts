import {
  endRun,
  findLease,
  freeSlotOf,
  lockRuns,
  nextQueuedRuns,
  releaseLease,
  type LeaseRef,
  type StoreTransaction,
} from "@oroboros/control-store";
import {
  isTerminal,
  type LeaseEpoch,
  type ReleaseSlotResponse,
  type RunId,
  type RunState,
  type SlotId,
} from "@oroboros/slot-contract";
import { within } from "@oroboros/host/read-only";
import type { Context } from "hono";
import { change, type ApiEnv } from "./acting.ts";
import type { ApiContext } from "./api-context.ts";
import { ANSWER_DEADLINE_MS } from "./answer-deadline.ts";

/**
 * Ends a slot's lease and cancels the run that held it, in one transaction; a worker then cleans the slot. With a run id or an epoch,
 * only if that is the holder's.
 */
export async function releaseSlot(
  context: ApiContext,
  c: Context<ApiEnv>,
  request: { slot: SlotId; runId: RunId | undefined; leaseEpoch: LeaseEpoch | undefined },
): Promise<ReleaseSlotResponse> {
  const answer = await change(context, c, (tx) => endLease(tx, request));
  if (answer.released) await wakeQueue(context);
  return answer;
}

async function endLease(
  tx: StoreTransaction,
  { slot, runId, leaseEpoch }: { slot: SlotId; runId: RunId | undefined; leaseEpoch: LeaseEpoch | undefined },
): Promise<ReleaseSlotResponse> {
  const { runId: holder } = await findLease(tx, slot);
  // The run's row is locked before the slot's, everywhere. As long as it is, its lease does not get another epoch.
  const [run] = await lockRuns(tx, holder === null ? [] : [holder]);
  const lease = await findLease(tx, slot);
  const answer = (reason: ReleaseSlotResponse["reason"]): ReleaseSlotResponse => {
    return { released: reason === "released", slot_id: slot, run_id: lease.runId, reason };
  };
  if (lease.expiresAt === null) return answer("already_free");
  if (lease.runId !== holder || (runId !== undefined && lease.runId !== runId)) return answer("held_by_other_run");
  if (leaseEpoch !== undefined && lease.leaseEpoch !== leaseEpoch) return answer("stale_epoch");
  return answer((await free(tx, lease, run?.status)) ? "released" : "already_free");
}

async function free(tx: StoreTransaction, lease: LeaseRef, status: RunState | undefined): Promise<boolean> {
  const { runId } = lease;
  if (runId === null) return endMaintenance(tx, lease);
  if (status === undefined || isTerminal(status)) return freeSlotOf(tx, runId);
  await endRun(tx, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  return true;
}

/** No run has an event that would be audited, so this is. */
async function endMaintenance(tx: StoreTransaction, lease: LeaseRef): Promise<boolean> {
  const released = await releaseLease(tx, lease);
  if (!released) return false;
  const detail = JSON.stringify({ slot_id: lease.slotId, lease_epoch: lease.leaseEpoch });
  await tx.insertInto("audit_log").values({ action: "slot_released", slot_id: lease.slotId, detail }).execute();
  return true;
}

/** Wakes a worker for the runs that free slots are waiting for, and for emptying a slot that none of them takes. */
export async function wakeQueue(context: ApiContext): Promise<void> {
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
