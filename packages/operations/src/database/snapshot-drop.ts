import {
  abandonSnapshot,
  asActor,
  dropSnapshot,
  findSnapshot,
  listSnapshotTemplates,
  type Actor,
} from "@oroboros/control-store";
import { dropSnapshotDatabases, holdSnapshot } from "@oroboros/db-safety";
import { removeTree } from "@oroboros/host";
import { OperatorError, snapshotDatabase, snapshotWork, templateDatabase } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";

export type SnapshotDropped =
  | { snapshot_version: string; dropped: true; already: boolean }
  | { dry_run: true; snapshot_version: string; plan: string[] };

/**
 * Drops a snapshot and the templates that were made from it. Databases that slots have are copies and stay, and what is recorded of
 * their resets keeps its version. Safe to repeat.
 *
 * @throws OperatorError `snapshot_not_found`, `snapshot_in_use`.
 */
export async function dropSnapshotVersion(
  context: Context,
  { version, actor, dryRun }: { version: string; actor: Actor; dryRun: boolean },
): Promise<SnapshotDropped> {
  const { store, server, contract } = context;
  await using holder = await holdSnapshot(server, version, { alone: true });
  const found = await findSnapshot(store, version);
  if (found === undefined) throw notFound(version);
  const { snapshotId: id, completedAt } = found;
  const templateHashes = await listSnapshotTemplates(store, id);
  if (dryRun) {
    const databases = [snapshotDatabase(id), ...templateHashes.map(templateDatabase)];
    return { dry_run: true, snapshot_version: version, plan: databases.map((name) => `drop database ${name}`) };
  }
  await dropSnapshotDatabases(holder, { id, version, templateHashes });
  await removeTree(snapshotWork(contract, id));
  // Last, so that a drop that was killed is one to be typed again.
  if (completedAt === null) await abandonSnapshot(store, id);
  const dropped = completedAt === null || (await asActor(store, actor, (tx) => dropSnapshot(tx, id)));
  return { snapshot_version: version, dropped: true, already: !dropped };
}

function notFound(version: string): OperatorError {
  return new OperatorError("snapshot_not_found", `There is no snapshot ${version}.`, {
    hint: "List the snapshots with: oroboros db snapshot list",
  });
}
