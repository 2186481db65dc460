import { sql, type RawBuilder } from "kysely";

/** What the audit log calls the row that says how a slot's database was reset. */
export const RESET_AUDITED = "database_reset";

/**
 * A provenance row as the audit log holds it. The trigger that copies and the statement that compares share this text; rows that were
 * copied once hold it for ever, so that it names its columns. Of an instant it holds the seconds since 1970, the same in any session.
 */
export const resetCopy = (reset: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  pg_catalog.jsonb_build_object('reset_id', ${reset}.reset_id, 'run_id', ${reset}.run_id, 'slot_id', ${reset}.slot_id,
    'db_name', ${reset}.db_name, 'strategy', ${reset}.strategy, 'seed_version', ${reset}.seed_version,
    'snapshot_version', ${reset}.snapshot_version, 'reset_status', ${reset}.reset_status,
    'lease_epoch', ${reset}.lease_epoch, 'details', ${reset}.details,
    'created_at', extract(epoch from ${reset}.created_at))`;
