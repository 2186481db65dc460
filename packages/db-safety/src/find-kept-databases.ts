import { keptDatabase, retiredDatabase, type SlotId } from "@oroboros/slot-contract";
import { findDatabases } from "./databases.ts";
import { openAsOwner } from "./sessions.ts";
import type { SlotServer } from "./slot-server.ts";

/** Slots of which a database waits aside: one that a reset has kept, or one that could not be dropped. */
export async function findKeptDatabases(server: SlotServer, slots: readonly SlotId[]): Promise<SlotId[]> {
  await using owner = await openAsOwner(server);
  const namesOf = (slot: SlotId): string[] => [keptDatabase(slot), retiredDatabase(slot)];
  const found = await findDatabases(owner, slots.flatMap(namesOf));
  return slots.filter((slot) => namesOf(slot).some((name) => found.has(name)));
}
