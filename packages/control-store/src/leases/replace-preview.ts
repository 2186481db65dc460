import type { ReplaceSlotResponse, RunId, RunState, SlotId } from "@oroboros/slot-contract";
import { isBeingPublished } from "../attempts/is-being-published.ts";
import { notQueued, runNotFound } from "../runs/run-refusals.ts";
import type { Store, StoreTransaction } from "../schema.ts";
import { endRun } from "./end-run.ts";
import { findLease } from "./find-lease.ts";
import { grantInTurn } from "./grant-in-turn.ts";
import { lockRuns } from "./lock-runs.ts";

const WAITING: readonly RunState[] = ["preview_ready", "needs_approval"];

export interface Replacement {
  reason: ReplaceSlotResponse["reason"];
  evictedRunId: RunId | null;
}

/**
 * Expires the preview that waits in a slot, and keeps the slot for a queued run, which is given it before everybody else. What is
 * being published, approved or maintained is left alone, and no second preview is ended for a run that a slot is kept for.
 *
 * @throws OperatorError `run_not_found`; `invalid_transition` for a run that is not queued.
 */
export async function replacePreview(
  store: Store,
  { slotId, runId }: { slotId: SlotId; runId: RunId },
): Promise<Replacement> {
  return grantInTurn(store, async (tx) => {
    const { runId: holder } = await findLease(tx, slotId);
    if (holder === runId) return { reason: "already_held", evictedRunId: null };
    const runs = await lockRuns(tx, holder === null ? [runId] : [runId, holder]);
    requireQueued(runId, runs.find((run) => run.runId === runId)?.status);
    // Nobody is granted a slot meanwhile, but whoever held it may have left it.
    const lease = await findLease(tx, slotId);
    if (lease.leaseState === "free" || lease.leaseState === "quarantined")
      return { reason: "free", evictedRunId: null };
    const isWaiting = lease.runStatus !== null && WAITING.includes(lease.runStatus);
    if (lease.runId === null || lease.runId !== holder || !isWaiting || (await isBeingPublished(tx, lease.runId)))
      return { reason: "not_idle", evictedRunId: null };
    if (await hasReservation(tx, runId)) return { reason: "already_reserved", evictedRunId: null };
    const message = `An operator gave ${slotId} to run ${runId}.`;
    await endRun(tx, { runId: lease.runId, to: "expired", reasonCode: "PREVIEW_EXPIRED", message });
    await reserve(tx, slotId, runId);
    return { reason: "replaced", evictedRunId: lease.runId };
  });
}

function requireQueued(runId: RunId, status: RunState | undefined): void {
  if (status === "queued") return;
  if (status === undefined) throw runNotFound(runId);
  throw notQueued(runId, status);
}

async function hasReservation(tx: StoreTransaction, runId: RunId): Promise<boolean> {
  const kept = tx.selectFrom("slot_leases").select("slot_id").where("reserved_run_id", "=", runId);
  return (await kept.executeTakeFirst()) !== undefined;
}

async function reserve(tx: StoreTransaction, slotId: SlotId, runId: RunId): Promise<void> {
  await tx.updateTable("slot_leases").set({ reserved_run_id: runId }).where("slot_id", "=", slotId).execute();
  const detail = JSON.stringify({ slot_id: slotId });
  await tx
    .insertInto("audit_log")
    .values({ action: "slot_reserved", slot_id: slotId, run_id: runId, detail })
    .execute();
}
