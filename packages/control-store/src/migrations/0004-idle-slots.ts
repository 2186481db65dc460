import { sql, type Kysely } from "kysely";

/** Which slots stand as an idle slot should: what has no row here, and no lease, is to be restored. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table idle_slots (
      slot_id     text primary key references slot_leases,
      lease_epoch bigint not null,
      restored_at timestamptz not null default clock_timestamp()
    )`.execute(db);
}
