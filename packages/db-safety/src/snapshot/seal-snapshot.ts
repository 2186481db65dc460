import { sql } from "kysely";
import { appliedChecksums } from "../apply-migrations.ts";
import { fingerprintDatabase } from "../fingerprint/fingerprint-database.ts";
import type { Session } from "../session.ts";
import { openAsTemplateRole } from "../sessions.ts";
import type { SlotServer } from "../slot-server.ts";
import { untilStopped } from "../until-stopped.ts";
import { snapshotMarker } from "./snapshot-marker.ts";

/** What a snapshot turned out to hold. */
export type SnapshotFacts = Readonly<{ contentFingerprint: string; sizeBytes: number; migrations: readonly string[] }>;

/** Looks at what a snapshot's database holds, as the role that owns all of it. */
export async function readSnapshot(
  server: SlotServer,
  {
    database,
    slotPasswordKey,
    signal,
  }: { database: string; slotPasswordKey: string; signal?: AbortSignal | undefined },
): Promise<SnapshotFacts> {
  await using session = await openAsTemplateRole(server, slotPasswordKey, database);
  return await untilStopped(session, signal && { server, signal }, async () => {
    const contentFingerprint = await fingerprintDatabase(session);
    const migrations = [...(await appliedChecksums(session)).keys()].toSorted();
    const [size] = await session.run(sql<{ bytes: string }>`
      select pg_catalog.pg_database_size(pg_catalog.current_database())::text as bytes`);
    return { contentFingerprint, sizeBytes: Number(size?.bytes), migrations };
  });
}

/** Lets nobody in any more, and writes the comment without which a snapshot is not complete. */
export async function sealSnapshot(
  owner: Session,
  { database, version, contentFingerprint }: { database: string; version: string; contentFingerprint: string },
): Promise<void> {
  await owner.run(sql`
    alter database ${sql.id(database)} with allow_connections false is_template true;
    comment on database ${sql.id(database)} is ${sql.lit(snapshotMarker({ version, contentFingerprint }))}`);
}
