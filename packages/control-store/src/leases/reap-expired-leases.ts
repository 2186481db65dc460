import type { LeaseEpoch, RunId, SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { hasNoWorker } from "../presence/has-no-worker.ts";
import type { Store } from "../schema.ts";
import type { LeaseRef } from "./lease-ref.ts";
import { freed } from "./release-lease.ts";

/**
 * Takes away every lease that ran out, and each of an operation without a run whose worker is dead, and says whose they were. The
 * slots go into quarantine. Ending the runs is the caller's part of the transaction: see `expireLeases`.
 *
 * @param options.runs only leases of these runs, and of no run.
 */
export async function reapExpiredLeases(store: Store, options: { runs?: readonly RunId[] } = {}): Promise<LeaseRef[]> {
  const isAsked = options.runs === undefined ? sql`true` : sql`(run_id is null or run_id = any(${[...options.runs]}))`;
  const { rows } = await sql<{ slot_id: SlotId; run_id: RunId | null; lease_epoch: LeaseEpoch }>`
    with expired as (
      select slot_id, run_id from slot_leases
      where (expires_at <= clock_timestamp() or (run_id is null and expires_at is not null and ${hasNoWorker}))
        and ${isAsked}
      order by slot_number for update skip locked
    )
    update slot_leases set ${freed(false)}
    from expired where slot_leases.slot_id = expired.slot_id
    returning slot_leases.slot_id, expired.run_id, slot_leases.lease_epoch`.execute(store);
  return rows.map((row) => ({ slotId: row.slot_id, runId: row.run_id, leaseEpoch: row.lease_epoch }));
}
