import { templateDatabase } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { applyMigrations } from "./apply-migrations.ts";
import { createForTemplateRole } from "./create-for-template-role.ts";
import { databaseComment, dropDatabase, elapsedSince, serverTime } from "./databases.ts";
import { fingerprintDatabase } from "./fingerprint/fingerprint-database.ts";
import { contentMarkerText, readContentMarker } from "./marker.ts";
import { runSeed } from "./seed-slot-database.ts";
import type { Session } from "./session.ts";
import { openAsOwner, openAsTemplateRole } from "./sessions.ts";
import type { SlotServer } from "./slot-server.ts";
import { copySnapshot } from "./snapshot/copy-of-snapshot.ts";
import { keepTemplateRole } from "./snapshot/keep-template-role.ts";
import { noteTemplate } from "./template-registry.ts";
import { templateHash, type TemplateSource } from "./template-source.ts";
import { untilStopped } from "./until-stopped.ts";
import { whileItLives } from "./while-it-lives.ts";

type EnsuredTemplate = Readonly<{
  database: string;
  created: boolean;
  /** Of what the migrations and the seed have made. */
  contentFingerprint: string;
  durationMs: number;
}>;

/**
 * Builds the template database of this content, once; whoever comes at the same time waits for it. A template that a killed
 * build left behind carries no comment yet and is built anew.
 *
 * @throws OperatorError `migration_failed`, `seed_failed`, `snapshot_not_found` or `snapshot_changed`, or the signal's reason; the
 *   half-built template is dropped.
 */
export async function ensureTemplate(
  server: SlotServer,
  source: TemplateSource,
  options: { slotPasswordKey: string; signal?: AbortSignal | undefined },
): Promise<EnsuredTemplate> {
  await using owner = await whileItLives(await openAsOwner(server));
  const startedAt = await serverTime(owner);
  const hash = templateHash(source);
  const database = templateDatabase(hash);
  const key = `oroboros:template=${hash}`;

  // Main's seed may take minutes, which is not a lock that something forgot to release.
  await owner.run(sql`set lock_timeout = 0`);
  await owner.run(sql`select pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended(${key}, 0))`);
  await owner.run(sql`reset lock_timeout`);
  await noteTemplate(owner, database);
  const found = readContentMarker("template", await databaseComment(owner, database));
  const created = found?.templateHash !== hash;
  const contentFingerprint = created ? await build(server, owner, { source, options }) : found.contentFingerprint;
  return { database, created, contentFingerprint, durationMs: await elapsedSince(owner, startedAt) };
}

/** Its comment is written last: one without it is known to be unfinished. */
async function build(
  server: SlotServer,
  owner: Session,
  {
    source,
    options,
  }: { source: TemplateSource; options: { slotPasswordKey: string; signal?: AbortSignal | undefined } },
): Promise<string> {
  const hash = templateHash(source);
  const database = templateDatabase(hash);
  await dropDatabase(owner, database);
  if (source.snapshot === undefined) await createForTemplateRole(server, owner, database);
  else await copySnapshot(owner, { server, snapshot: source.snapshot, to: database });
  const contentFingerprint = await fill(server, options, database, source).catch(async (error: unknown) => {
    await dropDatabase(owner, database);
    throw error;
  });
  const complete = contentMarkerText("template", { templateHash: hash, contentFingerprint });
  await owner.run(sql`
    alter database ${sql.id(database)} with allow_connections false is_template true;
    comment on database ${sql.id(database)} is ${sql.lit(complete)}`);
  return contentFingerprint;
}

/** Two sessions: the one that has filled it may have been left with other settings than the fingerprint is to be taken with. */
async function fill(
  server: SlotServer,
  { slotPasswordKey, signal }: { slotPasswordKey: string; signal?: AbortSignal | undefined },
  database: string,
  source: TemplateSource,
): Promise<string> {
  const stop = signal && { server, signal };
  {
    await using session = await openAsTemplateRole(server, slotPasswordKey, database);
    const keepRole = (): Promise<void> => keepTemplateRole(session, slotPasswordKey);
    await untilStopped(session, stop, async () => {
      try {
        await applyMigrations(session, source.migrations, keepRole);
        if (source.seed !== null) await runSeed(session, source.seed, keepRole);
      } catch (error) {
        // A file that ended its transaction may have changed the role in it, and nobody could log in as it any more.
        await inTransaction(session, keepRole).catch(() => undefined);
        throw error;
      }
    });
  }
  await using session = await openAsTemplateRole(server, slotPasswordKey, database);
  return await untilStopped(session, stop, () => fingerprintDatabase(session));
}

async function inTransaction(session: Session, act: () => Promise<void>): Promise<void> {
  await session.run(sql`begin`);
  await act();
  await session.run(sql`commit`);
}
