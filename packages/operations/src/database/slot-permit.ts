import { judgeSlotDatabase, type SlotDatabasePermit } from "@oroboros/db-safety";
import { expandSlotTemplate, type SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";

/** The judge's permit for the slot's own database, from the configured claim about where it is. */
export function slotPermit(context: Context, slot: SlotId): SlotDatabasePermit {
  const claimedUrl = expandSlotTemplate(context.databaseUrlTemplate, slot);
  return judgeSlotDatabase({ slot, claimedUrl, server: context.server });
}
