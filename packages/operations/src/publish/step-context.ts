import { holdLease, type LeaseRef, type StoreTransaction } from "@oroboros/control-store";
import type { RunId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import type { StepLog } from "./step-log.ts";

/** What the function that carries out one step gets to work with. */
export interface StepContext {
  readonly context: Context;
  readonly lease: LeaseRef;
  readonly runId: RunId;
  readonly log: StepLog;
  readonly signal: AbortSignal;
}

/**
 * Acts while nobody can take the lease away: what a slot shows is never changed by a publish that has lost it.
 *
 * @throws OperatorError `stale_lease`, before anything was done.
 */
export function underLease(
  { context, lease }: { context: Context; lease: Pick<LeaseRef, "slotId" | "leaseEpoch"> },
  act: (tx: StoreTransaction) => Promise<void>,
): Promise<void> {
  return context.store.transaction().execute(async (tx) => {
    await holdLease(tx, lease);
    await act(tx);
  });
}
