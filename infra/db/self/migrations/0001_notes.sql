-- What this repository's own preview starts from. Its control tables and its queue are not here: the previewed api makes them when
-- it starts, from the branch's own migrations.
create table preview_notes (
  note_id    bigint generated always as identity primary key,
  body       text not null,
  created_at timestamptz not null default clock_timestamp()
);
