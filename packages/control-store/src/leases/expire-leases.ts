import { canTransition, type RunId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { appendEvent } from "../events/append-event.ts";
import { transitionRun } from "../runs/transition-run.ts";
import type { Store, StoreTransaction } from "../schema.ts";
import { inTransaction } from "../transaction.ts";
import type { LeaseRef } from "./lease-ref.ts";
import { lockRuns } from "./lock-runs.ts";
import { reapExpiredLeases } from "./reap-expired-leases.ts";

/**
 * Takes away every lease that ran out, or whose operation died with its worker, puts the slots into quarantine and expires the runs
 * that held them, in one transaction. A run or slot that somebody else is changing is left to the next round.
 */
export async function expireLeases(store: Store): Promise<LeaseRef[]> {
  return inTransaction(store, async (tx) => {
    const runs = await lockRuns(tx, await runsOfExpired(tx), { skipLocked: true });
    const reaped = await reapExpiredLeases(tx, { runs: runs.map(({ runId }) => runId) });
    for (const { slotId, runId, leaseEpoch } of reaped) {
      if (runId === null) continue;
      const detail = { slot_id: slotId, lease_epoch: leaseEpoch };
      await appendEvent(tx, { runId, eventType: "lease_expired", detail });
      const status = runs.find((run) => run.runId === runId)?.status;
      if (status === undefined || !canTransition(status, "expired")) continue;
      const message = `Its lease of ${slotId} ran out.`;
      await transitionRun(tx, { runId, to: "expired", reasonCode: "PREVIEW_EXPIRED", message });
    }
    return reaped;
  });
}

async function runsOfExpired(tx: StoreTransaction): Promise<RunId[]> {
  const rows = await tx
    .selectFrom("slot_leases")
    .select("run_id")
    .where("expires_at", "<=", sql<Date>`clock_timestamp()`)
    .execute();
  return rows.flatMap(({ run_id: runId }) => (runId === null ? [] : [runId]));
}
