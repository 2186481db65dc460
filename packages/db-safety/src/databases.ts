import { sql } from "kysely";
import type { Session } from "./session.ts";

export async function databaseExists(session: Session, database: string): Promise<boolean> {
  const rows = await session.run(sql`select from pg_catalog.pg_database where datname = ${database}`);
  return rows.length > 0;
}

/** Null for a database without a comment, and for one that does not exist. */
export async function databaseComment(session: Session, database: string): Promise<string | null> {
  const [row] = await session.run(sql<{ comment: string | null }>`
    select pg_catalog.shobj_description(oid, 'pg_database') as comment
    from pg_catalog.pg_database where datname = ${database}`);
  return row?.comment ?? null;
}

/** What a database is called can change, and is given to others; this can not. */
export async function databaseOid(session: Session, database: string): Promise<string> {
  const [row] = await session.run(sql<{ oid: string }>`
    select oid::text from pg_catalog.pg_database where datname = ${database}`);
  if (row === undefined) throw new Error(`there is no database ${database}`);
  return row.oid;
}

export type FoundDatabase = Readonly<{ comment: string | null; isTemplate: boolean }>;

/** Those of the named databases that exist. */
export async function findDatabases(session: Session, names: readonly string[]): Promise<Map<string, FoundDatabase>> {
  const rows = await session.run(sql<FoundDatabase & { name: string }>`
    select datname as name, pg_catalog.shobj_description(oid, 'pg_database') as comment, datistemplate as "isTemplate"
    from pg_catalog.pg_database where datname = any(${[...names]})`);
  return new Map(rows.map(({ name, ...database }) => [name, database]));
}

/** For databases whose exact name is ours to make and drop, sessions in them included. */
export async function dropDatabase(owner: Session, database: string): Promise<void> {
  const [found] = await owner.run(sql<{ is_template: boolean }>`
    select datistemplate as is_template from pg_catalog.pg_database where datname = ${database}`);
  if (found === undefined) return;
  const name = sql.id(database);
  // What is left of a DROP that was killed half way can be dropped again, and not be altered: PostgreSQL calls it invalid.
  if (found.is_template) await owner.run(sql`alter database ${name} with is_template false`);
  await owner.run(sql`drop database ${name} with (force)`);
}

/** Durations are read off the server's clock, the only one every caller shares. */
export async function serverTime(session: Session): Promise<string> {
  const [row] = await session.run(sql<{ now: string }>`select pg_catalog.clock_timestamp()::text as now`);
  if (row === undefined) throw new Error("a select without a from has one row");
  return row.now;
}

export async function elapsedSince(session: Session, startedAt: string): Promise<number> {
  const [row] = await session.run(sql<{ ms: number }>`
    select (extract(epoch from pg_catalog.clock_timestamp() - ${startedAt}::timestamptz) * 1000)::int as ms`);
  return row?.ms ?? 0;
}
