import type { SlotId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

/** Whether nothing was done to the slot since it was last restored. */
export async function standsIdle(store: Store, slot: SlotId): Promise<boolean> {
  const noted = await store.selectFrom("idle_slots").select("slot_id").where("slot_id", "=", slot).executeTakeFirst();
  return noted !== undefined;
}
