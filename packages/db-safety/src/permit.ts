import { slotDatabase, slotRole, type SlotId } from "@oroboros/slot-contract";

declare const permitBrand: unique symbol;

/** Proof that the judge allowed work on this slot's database. Every destructive function takes one. */
export type SlotDatabasePermit = Readonly<{
  slot: SlotId;
  database: string;
  role: string;
  host: string;
  port: number;
  [permitBrand]: true;
}>;

// A cast or a copy has the type's shape but is not in here.
const minted = new WeakSet<object>();

/** The judge's alone; not exported from the package. */
export function mintPermit(slot: SlotId, server: { host: string; port: number }): SlotDatabasePermit {
  const permit = { slot, database: slotDatabase(slot), role: slotRole(slot), host: server.host, port: server.port };
  minted.add(permit);
  return Object.freeze(permit) as SlotDatabasePermit;
}

/** Throws a plain Error, because a permit from elsewhere is a bug in the caller. */
export function requirePermit(permit: SlotDatabasePermit): void {
  if (!minted.has(permit)) throw new Error("this permit was not made by judgeSlotDatabase");
}
