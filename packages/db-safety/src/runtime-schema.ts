import { LEASE_SETTING, RUNTIME_SCHEMA } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Session } from "./session.ts";

const HEARTBEAT = sql.id(RUNTIME_SCHEMA, "slot_heartbeat");
const setting = sql`pg_catalog.current_setting(${sql.lit(LEASE_SETTING)}, true)`;
const part = (index: number) => sql`pg_catalog.split_part(${setting}, '/', ${sql.lit(index)})`;

/**
 * Makes the runtime's own tables in a slot or template database, if they are not there. The lease is what a reset has set for the
 * database; only the heartbeat is a row, which can be updated through the view.
 */
export async function ensureRuntimeSchema(session: Session): Promise<void> {
  await session.run(sql`create schema if not exists ${sql.id(RUNTIME_SCHEMA)}`);
  await session.run(sql`
    create table if not exists ${sql.id(RUNTIME_SCHEMA, "schema_migrations")} (
      name text primary key, checksum text not null, applied_at timestamptz not null default clock_timestamp())`);
  const [view] = await session.run(sql<{ exists: boolean }>`
    select pg_catalog.to_regclass(${`${RUNTIME_SCHEMA}.slot_lease`}) is not null as exists`);
  if (view?.exists === true) return;
  await session.run(sql`create table ${HEARTBEAT} (heartbeat_at timestamptz)`);
  await session.run(sql`insert into ${HEARTBEAT} values (null)`);
  await session.run(sql`
    create view ${sql.id(RUNTIME_SCHEMA, "slot_lease")} as
    select ${part(1)} as slot_id, nullif(${part(2)}, 'none')::uuid as run_id, ${part(3)}::bigint as lease_epoch, heartbeat_at
    from ${HEARTBEAT} where ${setting} <> ''`);
}
