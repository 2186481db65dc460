import { sql, type Kysely } from "kysely";

/** A slot that the installation has no more is granted to nobody. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table slot_leases add column retired_at timestamptz`.execute(db);
}
