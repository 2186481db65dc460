import type { Store } from "../schema.ts";
import { isComplete, selectSnapshots, type CompleteSnapshot, type StoredSnapshot } from "./snapshot.ts";

/** The snapshot of a version: also one that is not complete, or was dropped. */
export function findSnapshot(store: Store, version: string): Promise<StoredSnapshot | undefined> {
  return selectSnapshots(store).where("version", "=", version).executeTakeFirst();
}

/** The snapshots that a database can start from, newest first. */
export async function listSnapshots(store: Store): Promise<CompleteSnapshot[]> {
  const rows = await selectSnapshots(store)
    .where("completed_at", "is not", null)
    .where("dropped_at", "is", null)
    .orderBy("snapshot_id", "desc")
    .execute();
  return rows.filter(isComplete);
}

/** What is being made, or was being made by a process that is gone. */
export function listUnfinishedSnapshots(store: Store): Promise<StoredSnapshot[]> {
  return selectSnapshots(store).where("completed_at", "is", null).orderBy("snapshot_id").execute();
}
