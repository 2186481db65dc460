import type { SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { StoreTransaction } from "../schema.ts";

/**
 * Whether the slot's database was made after the last publish of its run that succeeded, by one that has not: what it took the place
 * of is the one that is proven. A grant's epoch is what orders the two, because a publish that succeeds does so under the grant
 * under which it made its database, or under a later one. False where no run has the slot.
 */
export async function isDatabaseUnproven(tx: StoreTransaction, slotId: SlotId): Promise<boolean> {
  const { rows } = await sql`
    select from slot_leases
    where slot_id = ${slotId} and (
      select max(lease_epoch) from preview_db_resets
      where slot_id = slot_leases.slot_id and run_id = slot_leases.run_id and reset_status = 'succeeded'
    ) > coalesce((
      select max(lease_epoch) from publish_attempts
      where slot_id = slot_leases.slot_id and run_id = slot_leases.run_id and status = 'succeeded'
    ), 0)`.execute(tx);
  return rows.length > 0;
}
