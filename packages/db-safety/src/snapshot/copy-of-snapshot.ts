import { OperatorError, snapshotDatabase } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { copyDatabase } from "../copy-database.ts";
import { openForTemplateRole } from "../open-for-template-role.ts";
import type { Session } from "../session.ts";
import type { SlotServer } from "../slot-server.ts";
import type { SnapshotSource } from "../template-source.ts";
import { snapshotMarker } from "./snapshot-marker.ts";

/**
 * Makes a database that holds what a snapshot does, for the templates' role.
 *
 * @throws OperatorError `snapshot_not_found` where its database is gone, `snapshot_changed` where it is not the one that was sealed,
 *   `disk_full`.
 */
export async function copySnapshot(
  owner: Session,
  { server, snapshot, to }: { server: SlotServer; snapshot: SnapshotSource; to: string },
): Promise<void> {
  await requireSealed(owner, snapshot);
  await copyDatabase(owner, { server, from: snapshotDatabase(snapshot.id), to });
  await openForTemplateRole(owner, to);
}

async function requireSealed(owner: Session, snapshot: SnapshotSource): Promise<void> {
  const [found] = await owner.run(sql<{ comment: string | null; sealed: boolean }>`
    select pg_catalog.shobj_description(oid, 'pg_database') as comment,
      datistemplate and not datallowconn and pg_catalog.pg_get_userbyid(datdba) = current_user as sealed
    from pg_catalog.pg_database where datname = ${snapshotDatabase(snapshot.id)}`);
  if (found === undefined) {
    throw new OperatorError("snapshot_not_found", `The database of snapshot ${snapshot.version} is gone.`, {
      hint: `Drop what is left of it with: oroboros db snapshot drop ${snapshot.version}`,
    });
  }
  if (found.sealed && found.comment === snapshotMarker(snapshot)) return;
  throw snapshotChanged(snapshot.version, "its database is not the one that was sealed, or was opened since");
}

export function snapshotChanged(version: string, found: string): OperatorError {
  return new OperatorError("snapshot_changed", `Snapshot ${version} is not what it was: ${found}.`, {
    hint: `Find out who changed it, drop it with: oroboros db snapshot drop ${version}; and make one of another version.`,
  });
}
