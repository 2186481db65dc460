import { sql, type Kysely } from "kysely";

/**
 * Snapshots of databases by their versions. A row comes before its database and is complete after it, so that what a killed process
 * left behind is found by its exact name; a complete one says for ever what its version held, and only that it was dropped is added.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table db_snapshots (
      snapshot_id         bigint generated always as identity primary key,
      version             text not null unique check (version ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$'),
      source_kind         text not null check (source_kind in ('slot', 'url')),
      source              text not null,
      masked_by           text check (masked_by ~ '^[0-9a-f]{64}$'),
      created_by          text not null,
      created_at          timestamptz not null default clock_timestamp(),
      content_fingerprint text check (content_fingerprint ~ '^[0-9a-f]{64}$'),
      size_bytes          bigint,
      migrations          jsonb,
      completed_at        timestamptz,
      dropped_at          timestamptz,
      constraint db_snapshots_complete check (
        num_nulls(content_fingerprint, size_bytes, migrations, completed_at) in (0, 4)
        and (dropped_at is null or completed_at is not null)),
      -- What comes from elsewhere may be production's.
      constraint db_snapshots_masked check ((source_kind = 'url') = (masked_by is not null))
    )`.execute(db);
  await sql`
    create table db_snapshot_templates (
      snapshot_id   bigint not null references db_snapshots,
      template_hash text not null check (template_hash ~ '^[0-9a-f]{64}$'),
      primary key (snapshot_id, template_hash)
    )`.execute(db);
  await keepSnapshots(db);
}

async function keepSnapshots(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function keep_snapshot() returns trigger language plpgsql as $$
    begin
      if old.completed_at is null then
        return case when tg_op = 'DELETE' then old else new end;
      end if;
      if tg_op = 'UPDATE' and old.dropped_at is null
        and to_jsonb(new) - 'dropped_at' = to_jsonb(old) - 'dropped_at' then return new; end if;
      raise exception 'snapshot % is complete and stays what it was', old.version using errcode = 'insufficient_privilege';
    end $$`.execute(db);
  await sql`
    create trigger db_snapshots_kept before update or delete on db_snapshots
      for each row execute function keep_snapshot()`.execute(db);
  await sql`
    create trigger db_snapshots_not_emptied before truncate on db_snapshots
      for each statement execute function refuse_change()`.execute(db);
}
