import { spareDatabase, type SlotId } from "@oroboros/slot-contract";
import { findDatabases } from "./databases.ts";
import { readContentMarker } from "./marker.ts";
import { openAsOwner } from "./sessions.ts";
import type { SlotServer } from "./slot-server.ts";

/** Of which template each slot's spare is a complete copy; undefined for a slot that has none. */
export async function findSpares(
  server: SlotServer,
  slots: readonly SlotId[],
): Promise<{ slot: SlotId; templateHash: string | undefined }[]> {
  await using owner = await openAsOwner(server);
  const found = await findDatabases(owner, slots.map(spareDatabase));
  return slots.map((slot) => ({
    slot,
    templateHash: readContentMarker("spare", found.get(spareDatabase(slot))?.comment)?.templateHash,
  }));
}
