import { OperatorError } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { runSqlFile } from "../run-sql-file.ts";
import { openAsOwner, openAsTemplateRole } from "../sessions.ts";
import type { SlotServer } from "../slot-server.ts";
import type { SqlFile } from "../template-source.ts";

type Masked = Readonly<{ database: string; slotPasswordKey: string; mask: SqlFile }>;

/** What PostgreSQL knows of the values in tables; large objects are kept in a catalog as well. */
const CATALOGS = ["pg_statistic", "pg_statistic_ext_data", "pg_largeobject", "pg_largeobject_metadata"];

/**
 * Runs the masking script in one transaction, and then removes what it has replaced from the database's files too: a copy of a database
 * is one of its files, in which the old versions of rows and the statistics of their values would still stand.
 *
 * @throws OperatorError `mask_failed`.
 */
export async function maskDatabase(server: SlotServer, { database, slotPasswordKey, mask }: Masked): Promise<void> {
  {
    await using session = await openAsTemplateRole(server, slotPasswordKey, database);
    await runSqlFile(session, { ...mask, failure: "mask_failed" }, async () => undefined).catch((error: unknown) => {
      throw error instanceof OperatorError ? maskFailed(mask.name, error) : error;
    });
  }
  await rewrite(server, { database, slotPasswordKey });
}

async function rewrite(server: SlotServer, { database, slotPasswordKey }: Omit<Masked, "mask">): Promise<void> {
  {
    // In a session of its own: the script may have left other settings.
    await using session = await openAsTemplateRole(server, slotPasswordKey, database);
    const views = await session.run(sql<{ schema: string; name: string }>`
      select n.nspname as schema, c.relname as name
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'm' and c.relispopulated order by c.oid`);
    for (const { schema, name } of views) await session.run(sql`refresh materialized view ${sql.id(schema, name)}`);
    await session.run(sql`vacuum (full, analyze)`);
  }
  // Those are the database owner's to rewrite, and no code of the database runs for them.
  await using owner = await openAsOwner(server, database);
  for (const catalog of CATALOGS) await owner.run(sql`vacuum (full) ${sql.id("pg_catalog", catalog)}`);
}

function maskFailed(name: string, { message, cause }: OperatorError): OperatorError {
  return new OperatorError("mask_failed", message, {
    hint: `Nothing of the snapshot was kept. Correct ${name} and type the command again.`,
    cause,
  });
}
