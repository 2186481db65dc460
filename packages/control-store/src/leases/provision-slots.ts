import { slotNumber, type SlotId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

/** Makes the lease row of every slot; those that exist are left as they are. */
export async function provisionSlots(store: Store, slots: readonly SlotId[]): Promise<void> {
  await store
    .insertInto("slot_leases")
    .values(slots.map((slot) => ({ slot_id: slot, slot_number: slotNumber(slot) })))
    .onConflict((conflict) => conflict.column("slot_id").doNothing())
    .execute();
}
