import type { SlotId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";
import type { DatabaseReset } from "./record-reset.ts";

export interface RecordedReset extends DatabaseReset {
  resetId: string;
  createdAt: Date;
}

/** A page of what the slots' databases were made from, or one slot's, newest first, and how many there are in all. */
export async function listResets(
  store: Store,
  { slotId, limit, offset }: { slotId?: SlotId; limit: number; offset: number },
): Promise<{ items: RecordedReset[]; total: number }> {
  let rows = selectResets(store).orderBy("reset_id", "desc").limit(limit).offset(offset);
  let count = store.selectFrom("preview_db_resets").select((eb) => eb.fn.countAll<string>().as("total"));
  if (slotId !== undefined) {
    rows = rows.where("slot_id", "=", slotId);
    count = count.where("slot_id", "=", slotId);
  }
  const [items, { total }] = await Promise.all([rows.execute(), count.executeTakeFirstOrThrow()]);
  return { items, total: Number(total) };
}

export const selectResets = (store: Store) =>
  store
    .selectFrom("preview_db_resets")
    .select([
      "reset_id as resetId",
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
    ]);
