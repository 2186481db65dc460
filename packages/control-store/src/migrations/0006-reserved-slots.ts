import { sql, type Kysely } from "kysely";

/** A slot can be kept for one queued run, and an agent's heartbeat is no sign of life of the worker. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table slot_leases
      add column reserved_run_id uuid references runs, add column agent_heartbeat_at timestamptz`.execute(db);
}
