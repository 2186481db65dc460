import type { SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { isGrantable, isReserved } from "../leases/grantable.ts";
import type { Store } from "../schema.ts";

/**
 * Free slots that do not stand as an idle slot should, the last one first: a queued run is given the first one that is free. One that
 * nobody ever had holds nothing that must go, and leaves the machine to the runs that are being published.
 */
export async function slotsToRestore(store: Store): Promise<SlotId[]> {
  const { rows } = await sql<{ slot_id: SlotId }>`
    select slot_id from slot_leases
    where ${isGrantable} and not ${isReserved}
      and not exists (select from idle_slots where idle_slots.slot_id = slot_leases.slot_id)
      and (lease_epoch > 0 or not exists (select from runs where status in ('queued', 'planning', 'testing')))
    order by slot_number desc`.execute(store);
  return rows.map((row) => row.slot_id);
}
