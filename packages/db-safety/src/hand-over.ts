import { sql } from "kysely";
import type { Session } from "./session.ts";

/**
 * Gives what one role owns in a database to another. It changes owners only, which runs no code of the database. Schemas first: a
 * table's new owner needs CREATE in its schema.
 */
export async function handOver(inside: Session, { from, to }: { from: string; to: string }): Promise<void> {
  const schemas = await inside.run(sql<{ name: string }>`
    select nspname as name from pg_catalog.pg_namespace
    where nspowner = (select oid from pg_catalog.pg_roles where rolname = ${from})`);
  for (const { name } of schemas) await inside.run(sql`alter schema ${sql.id(name)} owner to ${sql.id(to)}`);
  await inside.run(sql`reassign owned by ${sql.id(from)} to ${sql.id(to)}`);
}
