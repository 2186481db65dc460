import { sql, type Kysely } from "kysely";
import { RESET_AUDITED, resetCopy } from "../resets/reset-copy.ts";

/**
 * Where a slot's data came from is written once, and copied into the audit log by the database itself: whoever changes it later, with
 * whatever rights, leaves two that do not agree.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function audit_reset() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
    begin
      insert into audit_log (action, run_id, slot_id, detail)
        values (${sql.lit(RESET_AUDITED)}, new.run_id, new.slot_id, ${resetCopy(sql`new`)});
      return null;
    end $$`.execute(db);
  await sql`
    create trigger preview_db_resets_audited after insert on preview_db_resets
      for each row execute function audit_reset()`.execute(db);
  await sql`
    create trigger preview_db_resets_append_only before update or delete or truncate on preview_db_resets
      for each statement execute function refuse_change()`.execute(db);
  await sql`
    create index audit_log_of_resets on audit_log (((detail ->> 'reset_id')::bigint)) where action = ${sql.lit(RESET_AUDITED)}`.execute(
    db,
  );
  await sql`create index preview_db_resets_of_slot on preview_db_resets (slot_id, reset_id)`.execute(db);
}
