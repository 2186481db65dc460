import type { Store } from "../schema.ts";
import { selectSnapshots, type StoredSnapshot } from "./snapshot.ts";

/** Every snapshot that was ever begun, also those that are not complete and those whose databases were dropped. */
export function listRecordedSnapshots(store: Store): Promise<StoredSnapshot[]> {
  return selectSnapshots(store).orderBy("snapshot_id").execute();
}
