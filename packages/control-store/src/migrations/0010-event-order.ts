import { sql, type Kysely } from "kysely";

/**
 * Events get their ids when their transaction commits, one transaction after the other, under the lock that chains the audit log:
 * whoever has seen an event has seen every event before it, and "after the last id" leaves nothing out. The lock is taken at the
 * very end, so that it waits for no other one.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function order_run_event() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
    begin
      perform pg_advisory_xact_lock(hashtext('oroboros_audit_chain'));
      update run_events set event_id = default where event_id = new.event_id;
      return null;
    end $$`.execute(db);
  await sql`
    create constraint trigger run_events_in_order after insert on run_events deferrable initially deferred
      for each row execute function order_run_event()`.execute(db);
  await sql`
    create function refuse_event_change() returns trigger language plpgsql as $$
    begin
      if pg_trigger_depth() > 1 and to_jsonb(new) - 'event_id' = to_jsonb(old) - 'event_id' then return new; end if;
      raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
    end $$`.execute(db);
  await sql`drop trigger run_events_append_only on run_events`.execute(db);
  await sql`
    create trigger run_events_append_only before update on run_events
      for each row execute function refuse_event_change()`.execute(db);
  await sql`
    create trigger run_events_not_deleted before delete or truncate on run_events
      for each statement execute function refuse_change()`.execute(db);
  // Metrics count events of one type, or those since a time.
  await sql`create index run_events_of_type on run_events (event_type, created_at)`.execute(db);
}
