import type { SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";
import { isReserved } from "./grantable.ts";

/** Slots that wait to be cleaned and that nobody is at, those first that a run was promised. */
export async function slotsToClean(store: Store): Promise<SlotId[]> {
  const { rows } = await sql<{ slot_id: SlotId }>`
    select slot_id from slot_leases where expires_at is null and quarantined_at is not null
    order by ${isReserved} desc, quarantined_at`.execute(store);
  return rows.map((row) => row.slot_id);
}
