import { OperatorError } from "./operator-error.ts";
import type { RuntimeContract } from "./runtime-contract.ts";

export const MAX_SLOTS = 99;

declare const slotIdBrand: unique symbol;

/** A canonical slot id of this host, `preview-<n>`. Only {@link parseSlotId} and {@link slotIds} make one. */
export type SlotId = `preview-${number}` & { readonly [slotIdBrand]: true };

const SLOT_NAME = /^preview-?([1-9][0-9]?)$/;

/**
 * Canonicalises `preview-<n>` or its alias `preview<n>`.
 *
 * @throws OperatorError `invalid_slot` for anything that is not one of the contract's slots.
 */
export function parseSlotId(contract: Pick<RuntimeContract, "slotCount">, input: unknown): SlotId {
  const match = typeof input === "string" ? SLOT_NAME.exec(input) : null;
  const number = Number(match?.[1]);
  if (match === null || number > contract.slotCount) {
    throw new OperatorError("invalid_slot", `${describe(input)} is not a slot of this host.`, {
      hint: `Use one of: ${listed(slotIds(contract))}.`,
    });
  }
  return canonical(number);
}

/** All slots of the contract, in order. */
export function slotIds(contract: Pick<RuntimeContract, "slotCount">): SlotId[] {
  return Array.from({ length: contract.slotCount }, (_, index) => canonical(index + 1));
}

export function slotNumber(slot: SlotId): number {
  return Number(slot.slice("preview-".length));
}

function canonical(number: number): SlotId {
  // The one place where the brand is given: both callers hold a number the contract has.
  return `preview-${number}` as SlotId;
}

const listed = (ids: readonly SlotId[]): string => (ids.length < 10 ? ids.join(", ") : `${ids[0]} to ${ids.at(-1)}`);

function describe(input: unknown): string {
  return typeof input === "string" ? JSON.stringify(input.slice(0, 80)) : `A value of type ${typeof input}`;
}

/** The documents' short form of a slot's id, `preview<n>`, as it stands in host and unit names. */
export const slotAlias = (slot: SlotId): string => `preview${slotNumber(slot)}`;
