import type { SlotId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

/**
 * Notes that the slot may no longer stand as an idle slot should: written before anything in it is changed.
 *
 * @returns whether it did until now.
 */
export async function forgetIdle(store: Store, slot: SlotId): Promise<boolean> {
  const { numDeletedRows } = await store.deleteFrom("idle_slots").where("slot_id", "=", slot).executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}
