import { ATTEMPT_STATES, FAILURE_CODES, RUN_EVENT_TYPES } from "@oroboros/slot-contract";
import { sql, type Kysely } from "kysely";
import { literals } from "./literals.ts";

/** A run can be published more than once. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table publish_attempts (
      run_id              uuid not null references runs,
      attempt             integer not null check (attempt > 0),
      commit_sha          text check (commit_sha ~ '^[0-9a-f]{40}$'),
      status              text not null default 'requested' check (status in (${literals(ATTEMPT_STATES)})),
      slot_id             text references slot_leases,
      lease_epoch         bigint,
      failure_reason_code text check (failure_reason_code in (${literals(FAILURE_CODES)})),
      failure_message     text,
      live                jsonb,
      requested_at        timestamptz not null default clock_timestamp(),
      started_at          timestamptz,
      finished_at         timestamptz,
      primary key (run_id, attempt),
      constraint running_has_a_lease check (status <> 'running' or (slot_id is not null and lease_epoch is not null)),
      constraint succeeded_has_a_commit check (status <> 'succeeded' or commit_sha is not null),
      constraint succeeded_is_live check ((status = 'succeeded') = (live is not null))
    )`.execute(db);
  await sql`create unique index publish_attempts_one_running on publish_attempts (run_id) where status = 'running'`.execute(
    db,
  );
  await sql`create unique index publish_attempts_one_requested on publish_attempts (run_id) where status = 'requested'`.execute(
    db,
  );
  await sql`alter table run_artifacts add column attempt integer not null default 1`.execute(db);
  await sql`alter table run_events drop constraint run_events_event_type_check`.execute(db);
  await sql`
    alter table run_events add constraint run_events_event_type_check
      check (event_type in (${literals(RUN_EVENT_TYPES)}))`.execute(db);
}
