import { RUNTIME_SCHEMA } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Session } from "./session.ts";

/** Makes the runtime's own tables in a slot or template database, if they are not there. */
export async function ensureRuntimeSchema(session: Session): Promise<void> {
  await session.run(sql`create schema if not exists ${sql.id(RUNTIME_SCHEMA)}`);
  await session.run(sql`
    create table if not exists ${sql.id(RUNTIME_SCHEMA, "slot_lease")} (
      slot_id text primary key, run_id uuid, lease_epoch bigint not null, heartbeat_at timestamptz)`);
  await session.run(sql`
    create table if not exists ${sql.id(RUNTIME_SCHEMA, "schema_migrations")} (
      name text primary key, checksum text not null, applied_at timestamptz not null default clock_timestamp())`);
}
