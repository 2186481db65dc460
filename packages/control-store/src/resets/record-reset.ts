import type { LeaseEpoch, RunId, SlotId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

/** Where a slot's data came from, or why it did not. */
export interface DatabaseReset {
  runId: RunId | null;
  slotId: SlotId;
  dbName: string;
  strategy: "seed" | "snapshot";
  seedVersion: string | null;
  snapshotVersion: string | null;
  resetStatus: "succeeded" | "failed";
  leaseEpoch: LeaseEpoch;
  details: Record<string, unknown>;
}

export async function recordReset(store: Store, reset: DatabaseReset): Promise<void> {
  await store
    .insertInto("preview_db_resets")
    .values({
      run_id: reset.runId,
      slot_id: reset.slotId,
      db_name: reset.dbName,
      strategy: reset.strategy,
      seed_version: reset.seedVersion,
      snapshot_version: reset.snapshotVersion,
      reset_status: reset.resetStatus,
      lease_epoch: reset.leaseEpoch,
      details: JSON.stringify(reset.details),
    })
    .execute();
}
