import { sql, type Kysely } from "kysely";

/**
 * How many workers have died at a publish: one that kills every worker is given up. And a way to the request that asked for it: its
 * trace id stands in the audit row.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table publish_attempts add column worker_deaths integer not null default 0`.execute(db);
  await sql`create index audit_log_of_run on audit_log (run_id, audit_id)`.execute(db);
}
