import { snapshotCopy, snapshotDatabase, templateDatabase } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { dropDatabase } from "../databases.ts";
import type { Session } from "../session.ts";
import { templateLock, TEMPLATES } from "../template-registry.ts";
import { inUse } from "./hold-snapshot.ts";

/**
 * Drops a snapshot's database, a copy of it that was left over, and the templates that were made from it, all by their exact names. For
 * who holds its version alone, so that no database is being made from one of them. Safe to repeat.
 *
 * @throws OperatorError `snapshot_in_use` while the server still makes the copy that a killed process has asked for.
 */
export async function dropSnapshotDatabases(
  holder: Session,
  { id, version, templateHashes }: { id: string; version: string; templateHashes: readonly string[] },
): Promise<void> {
  const lock = templateLock(snapshotDatabase(id));
  const [got] = await holder.run(sql<{ held: boolean }>`select pg_catalog.pg_try_advisory_lock(${lock}) as held`);
  if (got?.held !== true) throw inUse(version, true);
  try {
    for (const hash of templateHashes) await dropTemplate(holder, templateDatabase(hash));
    await dropDatabase(holder, snapshotCopy(id));
    await dropDatabase(holder, snapshotDatabase(id));
  } finally {
    await holder.run(sql`select pg_catalog.pg_advisory_unlock(${lock})`);
  }
}

async function dropTemplate(holder: Session, database: string): Promise<void> {
  const lock = templateLock(database);
  await holder.run(sql`select pg_catalog.pg_advisory_lock(${lock})`);
  await dropDatabase(holder, database);
  await holder.run(sql`delete from ${TEMPLATES} where database = ${database}`);
  await holder.run(sql`select pg_catalog.pg_advisory_unlock(${lock})`);
}
