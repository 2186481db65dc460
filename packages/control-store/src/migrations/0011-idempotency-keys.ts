import { sql, type Kysely } from "kysely";

/** Which run a request made that its sender may repeat. A key is its principal's own, and forgotten after a day. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table idempotency_keys (
      principal    text not null,
      key          text not null,
      request_hash text not null,
      run_id       uuid references runs,
      created_at   timestamptz not null default clock_timestamp(),
      primary key (principal, key)
    )`.execute(db);
  await sql`create index idempotency_keys_by_age on idempotency_keys (created_at)`.execute(db);
}
