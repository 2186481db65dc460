import type { LeaseEpoch, ReasonCode, RunId, SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { appendEvent } from "../events/append-event.ts";
import type { Run } from "../runs/run.ts";
import { transitionRun } from "../runs/transition-run.ts";
import type { Store, StoreTransaction } from "../schema.ts";
import { inTransaction } from "../transaction.ts";
import { freed } from "./release-lease.ts";

/**
 * Ends a run and takes away the slot it holds, in one transaction: from its commit on, nothing that still works for the run is
 * obeyed, and the slot waits in quarantine to be cleaned.
 *
 * @throws OperatorError `run_not_found`, `invalid_transition`.
 */
export async function endRun(
  store: Store,
  end: { runId: RunId; to: "canceled" | "failed" | "expired"; reasonCode: ReasonCode; message?: string },
): Promise<Run> {
  return inTransaction(store, async (tx) => {
    const run = await transitionRun(tx, end);
    const freedSlot = await freeSlotOf(tx, end.runId);
    return freedSlot ? { ...run, slotId: null } : run;
  });
}

/** Whether the run held a slot until now. */
export async function freeSlotOf(tx: StoreTransaction, runId: RunId): Promise<boolean> {
  const { rows } = await sql<{ slot_id: SlotId; lease_epoch: LeaseEpoch }>`
    update slot_leases set ${freed(false)} where run_id = ${runId} returning slot_id, lease_epoch`.execute(tx);
  const [row] = rows;
  if (row === undefined) return false;
  await appendEvent(tx, { runId, eventType: "lease_released", detail: { ...row } });
  return true;
}
