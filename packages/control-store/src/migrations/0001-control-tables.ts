import {
  ARTIFACT_TYPES,
  ENDING_CODES,
  FAILURE_CODES,
  ROLES,
  RUN_EVENT_TYPES,
  RUN_STATES,
} from "@oroboros/slot-contract";
import { sql, type Kysely } from "kysely";
import { literals } from "./literals.ts";

/** The tables a run needs on its way to a preview. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createRuns(db);
  await createEvents(db);
  await createSlots(db);
  await createEvidence(db);
  await sql`
    create table api_tokens (
      token_hash text primary key check (token_hash ~ '^[0-9a-f]{64}$'),
      label      text not null,
      role       text not null check (role in (${literals(ROLES)})),
      created_at timestamptz not null default clock_timestamp()
    )`.execute(db);
}

async function createRuns(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table runs (
      run_id              uuid primary key default gen_random_uuid(),
      arrival             bigint generated always as identity unique,
      title               text not null,
      prompt              text not null,
      branch              text,
      commit_sha          text check (commit_sha ~ '^[0-9a-f]{40}$'),
      created_by          text,
      status              text not null default 'queued' check (status in (${literals(RUN_STATES)})),
      failure_reason_code text check (failure_reason_code in (${literals([...FAILURE_CODES, ...ENDING_CODES])})),
      failure_message     text,
      created_at          timestamptz not null default clock_timestamp(),
      updated_at          timestamptz not null default clock_timestamp(),
      constraint failed_needs_reason check (status <> 'failed' or failure_reason_code is not null)
    )`.execute(db);
  await sql`create index runs_queued on runs (arrival) where status = 'queued'`.execute(db);
}

async function createEvents(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table run_events (
      event_id   bigint generated always as identity primary key,
      run_id     uuid not null references runs,
      event_type text not null check (event_type in (${literals(RUN_EVENT_TYPES)})),
      detail     jsonb not null,
      created_at timestamptz not null default clock_timestamp()
    )`.execute(db);
  await sql`create index run_events_of_run on run_events (run_id, event_id)`.execute(db);
  await sql`
    create function refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
    end $$`.execute(db);
  await sql`
    create trigger run_events_append_only before update or delete or truncate on run_events
      for each statement execute function refuse_change()`.execute(db);
}

async function createSlots(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table slot_leases (
      slot_id      text primary key,
      slot_number  integer not null unique,
      lease_epoch  bigint not null default 0,
      run_id       uuid unique references runs,
      expires_at   timestamptz,
      heartbeat_at timestamptz,
      constraint free_has_no_run check (expires_at is not null or run_id is null)
    )`.execute(db);
  await sql`
    create table slot_worktree_bindings (
      slot_id     text primary key references slot_leases,
      run_id      uuid not null references runs,
      lease_epoch bigint not null,
      commit_sha  text not null,
      path        text not null,
      bound_at    timestamptz not null default clock_timestamp()
    )`.execute(db);
}

async function createEvidence(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table run_artifacts (
      run_id        uuid not null references runs,
      artifact_type text not null check (artifact_type in (${literals(ARTIFACT_TYPES)})),
      uri           text primary key,
      size_bytes    bigint not null,
      created_at    timestamptz not null default clock_timestamp()
    )`.execute(db);
  await sql`
    create table preview_db_resets (
      reset_id         bigint generated always as identity primary key,
      run_id           uuid references runs,
      slot_id          text not null references slot_leases,
      db_name          text not null,
      strategy         text not null check (strategy in ('seed')),
      seed_version     text,
      snapshot_version text,
      reset_status     text not null check (reset_status in ('succeeded', 'failed')),
      lease_epoch      bigint not null,
      details          jsonb not null,
      created_at       timestamptz not null default clock_timestamp()
    )`.execute(db);
}
