import type { LeaseEpoch, RunId, SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";
import type { LeaseRef } from "./lease-ref.ts";

/** Frees every slot whose lease ran out, and says whose they were. Ending the runs is the caller's part of the transaction. */
export async function reapExpiredLeases(store: Store): Promise<LeaseRef[]> {
  const { rows } = await sql<{ slot_id: SlotId; run_id: RunId | null; lease_epoch: LeaseEpoch }>`
    with expired as (
      select slot_id, run_id from slot_leases where expires_at <= clock_timestamp()
      order by slot_number for update skip locked
    )
    update slot_leases set run_id = null, expires_at = null
    from expired where slot_leases.slot_id = expired.slot_id
    returning slot_leases.slot_id, expired.run_id, slot_leases.lease_epoch`.execute(store);
  return rows.map((row) => ({ slotId: row.slot_id, runId: row.run_id, leaseEpoch: row.lease_epoch }));
}
