import { sql, type Kysely } from "kysely";

/**
 * What each slot's live database is, and which server it lives on: nobody at run time writes these but the functions that swap
 * databases and rotate logins.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table slot_databases (
      slot_id      text primary key references slot_leases,
      slot_number  integer not null unique,
      login_epoch  bigint not null default 0,
      database_oid bigint,
      prepared_oid bigint
    )`.execute(db);
  await sql`
    create table slot_server (
      only_row          boolean primary key default true check (only_row),
      system_identifier text not null
    )`.execute(db);
  await sql`insert into slot_databases (slot_id, slot_number) select slot_id, slot_number from slot_leases`.execute(db);
  await sql`alter table preview_db_resets drop constraint preview_db_resets_strategy_check`.execute(db);
  await sql`
    alter table preview_db_resets add constraint preview_db_resets_strategy_check
      check (strategy in ('seed', 'snapshot'))`.execute(db);
}
