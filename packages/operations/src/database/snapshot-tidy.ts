import { abandonSnapshot, findSnapshot, listUnfinishedSnapshots, type StoredSnapshot } from "@oroboros/control-store";
import { dropSnapshotDatabases, holdSnapshot, takeBackLent } from "@oroboros/db-safety";
import { removeTree } from "@oroboros/host";
import { OperatorError, slotIds, snapshotWork } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";

/**
 * Cleans up after processes that were killed while they made a snapshot: slots' databases that were being copied let their logins in
 * again, and what was made is dropped. What somebody is still at is left alone.
 */
export async function tidySnapshots(context: Context): Promise<void> {
  for (const snapshot of await listUnfinishedSnapshots(context.store)) await tidy(context, snapshot);
  const opened = await takeBackLent(context.server, slotIds(context.contract));
  if (opened.length > 0) context.log.warn({ slots: opened }, "databases that a killed copy had closed are open again");
}

async function tidy({ server, store, contract, log }: Context, { version }: StoredSnapshot): Promise<void> {
  try {
    await using holder = await holdSnapshot(server, version, { alone: true });
    // Nobody is at it any more; somebody may have finished it just before.
    const snapshot = await findSnapshot(store, version);
    if (snapshot === undefined || snapshot.completedAt !== null) return;
    const { snapshotId: id } = snapshot;
    await dropSnapshotDatabases(holder, { id, version, templateHashes: [] });
    await removeTree(snapshotWork(contract, id));
    await abandonSnapshot(store, id);
    log.warn({ version }, "a snapshot that was left unfinished was removed");
  } catch (error) {
    if (error instanceof OperatorError && error.code === "snapshot_in_use") return;
    // The dump is its maker's: whoever lists or makes snapshots next as that user removes it.
    log.warn({ version, err: error }, "a snapshot that was left unfinished could not be removed");
  }
}
