import { RUNTIME_SCHEMA } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { AppliedMigrations } from "../apply-migrations.ts";
import { ensureRuntimeSchema } from "../runtime-schema.ts";
import { openAsOwner, openAsTemplateRole } from "../sessions.ts";
import type { SlotServer } from "../slot-server.ts";

/**
 * Makes the runtime's own schema anew, with what was applied and without a lease: no fingerprint looks into it, so nothing that somebody
 * has put there comes along.
 */
export async function renewRuntimeSchema(
  server: SlotServer,
  {
    database,
    slotPasswordKey,
    migrations,
  }: { database: string; slotPasswordKey: string; migrations: AppliedMigrations },
): Promise<void> {
  {
    await using inside = await openAsOwner(server, database);
    await inside.run(sql`drop schema if exists ${sql.id(RUNTIME_SCHEMA)} cascade`);
  }
  await using session = await openAsTemplateRole(server, slotPasswordKey, database);
  await ensureRuntimeSchema(session);
  // Without its schema, `unnest` of several arrays is PostgreSQL's own syntax.
  await session.run(sql`
    insert into ${sql.id(RUNTIME_SCHEMA, "schema_migrations")} (name, checksum)
    select * from unnest(${[...migrations.keys()]}::text[], ${[...migrations.values()]}::text[])`);
}
