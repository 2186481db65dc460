import type { SlotId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";
import type { DatabaseReset } from "./record-reset.ts";

export interface RecordedReset extends DatabaseReset {
  createdAt: Date;
}

/** A page of what the slots' databases were made from, or one slot's, newest first, and how many there are in all. */
export async function listResets(
  store: Store,
  { slotId, limit, offset }: { slotId?: SlotId; limit: number; offset: number },
): Promise<{ items: RecordedReset[]; total: number }> {
  let resets = store.selectFrom("preview_db_resets");
  if (slotId !== undefined) resets = resets.where("slot_id", "=", slotId);
  const rows = resets
    .select([
      "run_id as runId",
      "slot_id as slotId",
      "db_name as dbName",
      "strategy",
      "seed_version as seedVersion",
      "snapshot_version as snapshotVersion",
      "reset_status as resetStatus",
      "lease_epoch as leaseEpoch",
      "details",
      "created_at as createdAt",
    ])
    .orderBy("reset_id", "desc")
    .limit(limit)
    .offset(offset);
  const count = resets.select((eb) => eb.fn.countAll<string>().as("total"));
  const [items, { total }] = await Promise.all([rows.execute(), count.executeTakeFirstOrThrow()]);
  return { items, total: Number(total) };
}
