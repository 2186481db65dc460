import { MAX_SLOTS, OperatorError, parseSlotId, type SlotId } from "@oroboros/slot-contract";

/** What a unit tells its program: which slot it is of, and what package managers need to reach a registry. */
export const environment: Readonly<Record<string, string | undefined>> = process.env;

/** On a systemd host everything lies where the documents say; a test's host lies elsewhere. */
export const host = { root: environment["OROBOROS_ROOT"] ?? "/" } as const;

/** @throws OperatorError `invalid_slot`. */
export const ownSlot = (): SlotId => parseSlotId({ slotCount: MAX_SLOTS }, environment["SLOT_ID"]);

export const unknownCommand = (argv: readonly string[]): OperatorError =>
  new OperatorError("unknown_command", `${JSON.stringify(argv.join(" "))} is nothing that a unit runs.`, {
    hint: "This program is for the runtime's own units. Use: oroboros --help",
  });
