import type { SlotId } from "@oroboros/slot-contract";
import { selectResets, type RecordedReset } from "./list-resets.ts";
import type { Store } from "../schema.ts";

/** What the provenance says of a slot's databases. */
export interface Provenance {
  /** The last reset that succeeded. */
  newest: RecordedReset | undefined;
  /** Those that made the databases of these oids, as far as they succeeded; newest first. */
  ofDatabases: RecordedReset[];
}

export async function findProvenance(
  store: Store,
  { slotId, databaseOids }: { slotId: SlotId; databaseOids: readonly string[] },
): Promise<Provenance> {
  const succeeded = selectResets(store)
    .where("slot_id", "=", slotId)
    .where("reset_status", "=", "succeeded")
    .orderBy("reset_id", "desc");
  const newest = await succeeded.limit(1).executeTakeFirst();
  if (databaseOids.length === 0) return { newest, ofDatabases: [] };
  const ofDatabases = await succeeded
    .where((eb) => eb(eb.ref("details", "->>").key("database_oid"), "in", databaseOids))
    .execute();
  return { newest, ofDatabases };
}
