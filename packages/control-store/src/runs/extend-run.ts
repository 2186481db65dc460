import { OperatorError, type RunId, type RunState } from "@oroboros/slot-contract";
import { appendEvent } from "../events/append-event.ts";
import { extendLease } from "../leases/extend-lease.ts";
import type { Lease } from "../leases/lease-ref.ts";
import { lockRuns } from "../leases/lock-runs.ts";
import type { Store } from "../schema.ts";
import { inTransaction } from "../transaction.ts";
import { outOfTime, runNotFound } from "./run-refusals.ts";

const REVIEWED: readonly RunState[] = ["preview_ready", "needs_approval", "approved"];

/**
 * Lets a preview under review keep its slot for so many hours more.
 *
 * @throws OperatorError `run_not_found`; `invalid_transition` for a run that is not under review; `stale_lease` for one whose slot
 *   is being taken away.
 */
export async function extendRun(store: Store, { runId, hours }: { runId: RunId; hours: number }): Promise<Lease> {
  return inTransaction(store, async (tx) => {
    const [run] = await lockRuns(tx, [runId]);
    const hint = `See the run with: oroboros runs show ${runId}`;
    if (run === undefined) throw runNotFound(runId);
    if (!REVIEWED.includes(run.status)) {
      const message = `Run ${runId} is ${run.status}; only a preview that waits for a person is extended.`;
      throw new OperatorError("invalid_transition", message, { hint });
    }
    const lease = await extendLease(tx, runId, hours);
    if (lease === undefined) throw outOfTime(runId);
    const detail = {
      slot_id: lease.slotId,
      lease_epoch: lease.leaseEpoch,
      hours,
      expires_at: lease.expiresAt.toISOString(),
    };
    await appendEvent(tx, { runId, eventType: "lease_extended", detail });
    return lease;
  });
}
