import { RUN_EVENT_TYPES } from "@oroboros/slot-contract";
import { sql, type Kysely } from "kysely";
import { literals } from "./literals.ts";

/**
 * What a publish's migrations would destroy, as the publish found it. What one migration would is kept by its content: reading it takes
 * a process, and most migrations are published many times.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table migration_findings (
      content_hash text primary key check (content_hash ~ '^[0-9a-f]{64}$'),
      statements   jsonb not null,
      not_analysed text,
      found_at     timestamptz not null default clock_timestamp()
    )`.execute(db);
  await sql`alter table publish_attempts add column destructive jsonb`.execute(db);
  await sql`alter table run_events drop constraint run_events_event_type_check`.execute(db);
  await sql`
    alter table run_events add constraint run_events_event_type_check
      check (event_type in (${literals(RUN_EVENT_TYPES)}))`.execute(db);
}
