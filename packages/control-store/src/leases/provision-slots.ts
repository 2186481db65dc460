import { slotNumber, type SlotId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

/** Makes the lease row of every slot, and that of its database; those that exist are left as they are. */
export async function provisionSlots(store: Store, slots: readonly SlotId[]): Promise<void> {
  const rows = slots.map((slot) => ({ slot_id: slot, slot_number: slotNumber(slot) }));
  await store.transaction().execute(async (tx) => {
    for (const table of ["slot_leases", "slot_databases"] as const) {
      await tx
        .insertInto(table)
        .values(rows)
        .onConflict((conflict) => conflict.column("slot_id").doNothing())
        .execute();
    }
  });
}
