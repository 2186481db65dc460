import type { LeaseEpoch, SlotId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

/** What is known of a slot without asking the server that holds its database. */
export interface RecordedSlot {
  slotId: SlotId;
  leaseEpoch: LeaseEpoch;
  /** Undefined where the slot's database was never reset. */
  identity: { loginEpoch: LeaseEpoch; databaseOid: string } | undefined;
}

/** Every slot that there is or was: the database of a retired one stays. */
export async function listRecordedSlots(store: Store): Promise<RecordedSlot[]> {
  const rows = await store
    .selectFrom("slot_leases")
    .leftJoin("slot_databases", "slot_databases.slot_id", "slot_leases.slot_id")
    .select([
      "slot_leases.slot_id as slotId",
      "lease_epoch as leaseEpoch",
      "login_epoch as loginEpoch",
      "database_oid as databaseOid",
    ])
    .orderBy("slot_leases.slot_number")
    .execute();
  return rows.map(({ slotId, leaseEpoch, loginEpoch, databaseOid }) => ({
    slotId,
    leaseEpoch,
    identity: loginEpoch === null || databaseOid === null ? undefined : { loginEpoch, databaseOid },
  }));
}
