import type { LeaseEpoch, SlotId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

/** What a session in a slot's live database has to meet there. */
export interface StoredSlotIdentity {
  /** The slot's login is named after it. */
  loginEpoch: LeaseEpoch;
  databaseOid: string;
  /** Of the server: `pg_control_system()`, the same for as long as its data directory lives. */
  systemIdentifier: string;
}

/** Undefined for a slot whose database was never reset: nobody logs in to it. */
export async function findSlotIdentity(store: Store, slot: SlotId): Promise<StoredSlotIdentity | undefined> {
  const row = await store
    .selectFrom(["slot_databases", "slot_server"])
    .select(["login_epoch as loginEpoch", "database_oid as databaseOid", "system_identifier as systemIdentifier"])
    .where("slot_id", "=", slot)
    .executeTakeFirst();
  return row === undefined || row.databaseOid === null ? undefined : { ...row, databaseOid: row.databaseOid };
}
