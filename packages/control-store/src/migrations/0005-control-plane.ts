import { FAILURE_CODES, RUN_EVENT_TYPES } from "@oroboros/slot-contract";
import { sql, type Kysely } from "kysely";
import { auditHash } from "../audit/audit-hash.ts";
import { literals } from "./literals.ts";

/** Who did what and may do it, what a run was asked for with, how a slot comes back, and what a person decided. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table runs
      add column route text, add column page_title text, add column element_hint text, add column note text,
      add column metadata jsonb, add column principal text,
      add column parent_run_id uuid references runs`.execute(db);
  await sql`
    alter table slot_leases
      add column quarantined_at timestamptz, add column worker_id integer,
      add column traffic_at timestamptz, add column eviction_warned_at timestamptz`.execute(db);
  await sql`alter table publish_attempts add column deadline_at timestamptz`.execute(db);
  await sql`
    alter table api_tokens
      add column token_id bigint generated always as identity unique, add column revoked_at timestamptz`.execute(db);
  await sql`alter table run_events drop constraint run_events_event_type_check`.execute(db);
  await sql`
    alter table run_events add constraint run_events_event_type_check
      check (event_type in (${literals(RUN_EVENT_TYPES)}))`.execute(db);
  await createApprovals(db);
  await createAudit(db);
  await createNotices(db);
}

async function createApprovals(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table run_approvals (
      approval_id         bigint generated always as identity primary key,
      run_id              uuid not null references runs,
      decision            text not null check (decision in ('approved', 'rejected', 'voided')),
      commit_sha          text not null check (commit_sha ~ '^[0-9a-f]{40}$'),
      reviewer_id         text,
      principal           text not null,
      reason              text,
      failure_reason_code text check (failure_reason_code in (${literals(FAILURE_CODES)})),
      created_at          timestamptz not null default clock_timestamp()
    )`.execute(db);
  await sql`create index run_approvals_of_run on run_approvals (run_id, approval_id)`.execute(db);
  await sql`
    create trigger run_approvals_append_only before update or delete or truncate on run_approvals
      for each statement execute function refuse_change()`.execute(db);
}

/**
 * Every event of a run but its steps is an audit row as well, in the same transaction and by the database itself, so that no path
 * can leave it out. The chain is made when the transaction commits: its lock is the last one taken, and adds no deadlock.
 */
async function createAudit(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table audit_log (
      audit_id   bigint generated always as identity primary key,
      created_at timestamptz not null default clock_timestamp(),
      principal  text not null default coalesce(nullif(current_setting('oroboros.principal', true), ''), session_user),
      trace_id   text default nullif(current_setting('oroboros.trace_id', true), ''),
      action     text not null,
      run_id     uuid,
      slot_id    text,
      detail     jsonb not null,
      seq        bigint unique,
      prev_hash  text,
      hash       text,
      constraint chained_whole check ((seq is null) = (hash is null) and (seq is null) = (prev_hash is null))
    )`.execute(db);
  await sql`
    create function audit_run_event() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
    begin
      insert into audit_log (action, run_id, slot_id, detail)
        values (new.event_type, new.run_id, new.detail ->> 'slot_id', new.detail);
      return null;
    end $$`.execute(db);
  await sql`
    create trigger run_events_audited after insert on run_events for each row
      when (new.event_type !~ '^step_') execute function audit_run_event()`.execute(db);
  await sql`
    create function chain_audit() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
    declare
      last record;
    begin
      perform pg_advisory_xact_lock(hashtext('oroboros_audit_chain'));
      select seq, hash into last from audit_log where seq is not null order by seq desc limit 1;
      update audit_log set seq = coalesce(last.seq, 0) + 1, prev_hash = coalesce(last.hash, ''),
        hash = ${auditHash(sql`coalesce(last.seq, 0) + 1`, sql`coalesce(last.hash, '')`)}
        where audit_id = new.audit_id;
      return null;
    end $$`.execute(db);
  await sql`
    create constraint trigger audit_log_chained after insert on audit_log deferrable initially deferred
      for each row execute function chain_audit()`.execute(db);
  await sql`
    create function refuse_audit_change() returns trigger language plpgsql as $$
    begin
      if tg_op = 'UPDATE' and old.hash is null and new.hash is not null
        and to_jsonb(new) - '{seq,prev_hash,hash}'::text[] = to_jsonb(old) - '{seq,prev_hash,hash}'::text[]
        and pg_trigger_depth() > 1 then return new; end if;
      raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
    end $$`.execute(db);
  await sql`
    create trigger audit_log_append_only before update or delete on audit_log
      for each row execute function refuse_audit_change()`.execute(db);
  await sql`
    create trigger audit_log_not_truncated before truncate on audit_log
      for each statement execute function refuse_change()`.execute(db);
}

/** Whoever streams a run's events is told of a new one when it commits. */
async function createNotices(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function notify_run_event() returns trigger language plpgsql as $$
    begin
      perform pg_notify('run_events', new.run_id::text);
      return null;
    end $$`.execute(db);
  await sql`
    create trigger run_events_told after insert on run_events
      for each row execute function notify_run_event()`.execute(db);
}
