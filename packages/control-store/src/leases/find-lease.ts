import type { SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";
import { readSlots, type SlotLease } from "./list-slots.ts";

/** One slot's lease. A slot without a row is a defect of the installation, which made one for each. */
export async function findLease(store: Store, slot: SlotId): Promise<SlotLease> {
  const [found] = await readSlots(store, sql<boolean>`slot_leases.slot_id = ${slot}`);
  if (found === undefined) throw new Error(`slot_leases has no row for ${slot}`);
  return found;
}
