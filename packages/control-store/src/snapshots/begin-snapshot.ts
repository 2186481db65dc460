import type { Store } from "../schema.ts";

export interface NewSnapshot {
  version: string;
  sourceKind: "slot" | "url";
  source: string;
  maskedBy: string | null;
  createdBy: string;
}

/**
 * Writes down that a snapshot is about to be made, and as which database. One that was left unfinished is taken over, so that its
 * database is made anew; undefined where a complete one has the version, or had it once.
 */
export async function beginSnapshot(store: Store, snapshot: NewSnapshot): Promise<{ snapshotId: string } | undefined> {
  const facts = {
    source_kind: snapshot.sourceKind,
    source: snapshot.source,
    masked_by: snapshot.maskedBy,
    created_by: snapshot.createdBy,
  };
  return store
    .insertInto("db_snapshots")
    .values({ version: snapshot.version, ...facts })
    .onConflict((conflict) =>
      conflict.column("version").doUpdateSet(facts).where("db_snapshots.completed_at", "is", null),
    )
    .returning("snapshot_id as snapshotId")
    .executeTakeFirst();
}

/** Forgets a snapshot that did not come to be. */
export async function abandonSnapshot(store: Store, snapshotId: string): Promise<void> {
  await store
    .deleteFrom("db_snapshots")
    .where("snapshot_id", "=", snapshotId)
    .where("completed_at", "is", null)
    .execute();
}
