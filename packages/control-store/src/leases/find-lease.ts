import type { SlotId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";
import { listSlots, type SlotLease } from "./list-slots.ts";

/** One slot's lease. A slot without a row is a defect of the installation, which made one for each. */
export async function findLease(store: Store, slot: SlotId): Promise<SlotLease> {
  const found = (await listSlots(store)).find(({ slotId }) => slotId === slot);
  if (found === undefined) throw new Error(`slot_leases has no row for ${slot}`);
  return found;
}
