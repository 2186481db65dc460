import { sql } from "kysely";
import type { Store } from "../schema.ts";
import { inTransaction } from "../transaction.ts";

export interface SnapshotContent {
  contentFingerprint: string;
  sizeBytes: number;
  migrations: readonly string[];
}

/** Writes down what a snapshot holds, from where on databases can start from it, and audits that there is one more. */
export function completeSnapshot(store: Store, snapshotId: string, content: SnapshotContent): Promise<void> {
  return inTransaction(store, async (tx) => {
    const made = await tx
      .updateTable("db_snapshots")
      .set({
        content_fingerprint: content.contentFingerprint,
        size_bytes: content.sizeBytes,
        migrations: JSON.stringify(content.migrations),
        completed_at: sql<Date>`clock_timestamp()`,
      })
      .where("snapshot_id", "=", snapshotId)
      .where("completed_at", "is", null)
      .returning(["version", "source", "masked_by"])
      .executeTakeFirstOrThrow();
    const detail = { ...made, snapshot_id: snapshotId, content_fingerprint: content.contentFingerprint };
    await tx
      .insertInto("audit_log")
      .values({ action: "snapshot_created", detail: JSON.stringify(detail) })
      .execute();
  });
}

/** Writes down that a snapshot's database is about to go; the resets that were made from it keep its version. Says whether it was there. */
export function dropSnapshot(store: Store, snapshotId: string): Promise<boolean> {
  return inTransaction(store, async (tx) => {
    const dropped = await tx
      .updateTable("db_snapshots")
      .set({ dropped_at: sql<Date>`clock_timestamp()` })
      .where("snapshot_id", "=", snapshotId)
      .where("dropped_at", "is", null)
      .where("completed_at", "is not", null)
      .returning("version")
      .executeTakeFirst();
    if (dropped === undefined) return false;
    const detail = JSON.stringify({ ...dropped, snapshot_id: snapshotId });
    await tx.insertInto("audit_log").values({ action: "snapshot_dropped", detail }).execute();
    return true;
  });
}
