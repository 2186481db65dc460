import { sql, type Kysely } from "kysely";

/** How many workers have died at a publish: one that kills every worker is given up. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table publish_attempts add column worker_deaths integer not null default 0`.execute(db);
}
