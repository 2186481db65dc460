import { slotNumber, type SlotId } from "./slot-id.ts";

const PORT_OF_SLOT = /:(\d{1,4})\{slot\}/g;

/**
 * Fills the documents' `{slot}` placeholder, which stands for the slot's number. A port written as `:810{slot}` is the port
 * 8100 plus that number: the same digits up to slot 9, and still the slot's port beyond.
 */
export function expandSlotTemplate(template: string, slot: SlotId): string {
  const number = slotNumber(slot);
  return template
    .replace(PORT_OF_SLOT, (_, digits: string) => `:${Number(digits) * 10 + number}`)
    .replaceAll("{slot}", String(number));
}
