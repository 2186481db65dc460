import { slotNumber, type SlotId } from "./slot-id.ts";

/** Fills the documents' `{slot}` placeholder, which stands for the slot's number. */
export function expandSlotTemplate(template: string, slot: SlotId): string {
  return template.replaceAll("{slot}", String(slotNumber(slot)));
}
