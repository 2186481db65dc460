import { SLOT_ACCESS_SCHEMA, slotNumber, type SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Session } from "../session.ts";

/** Opens the slot's live database again where a copy has closed it; for who holds the slot's databases. Says whether that was so. */
export async function takeBack(owner: Session, slot: SlotId): Promise<boolean> {
  const [row] = await owner.run(sql<{ was_lent: boolean }>`
    select ${sql.id(SLOT_ACCESS_SCHEMA, "take_back_live")}(${slotNumber(slot)}) as was_lent`);
  return row?.was_lent === true;
}
