import type { TemplateSource } from "@oroboros/db-safety";

/** What `pg_database_size` says of the template, nearly; an empty database has 7.6 MB. */
export interface DataSize {
  name: string;
  /** Of the largest table; the others follow. */
  rows: number;
}

export const SMALL: DataSize = { name: "12mb", rows: 3_000 };
export const MIDDLE: DataSize = { name: "172mb", rows: 128_000 };
export const LARGE: DataSize = { name: "1700mb", rows: 1_337_000 };

/** What an application's migrations and seed make: tables that refer to each other, indexes, sequences, documents. */
export function dataOf({ name, rows }: DataSize): TemplateSource {
  return { migrations: MIGRATIONS, seed: { version: name, sql: seed(rows) } };
}

const MIGRATIONS = [
  {
    name: "0001_accounts.sql",
    sql: `create table accounts (
      account_id bigint generated always as identity primary key,
      email text not null unique,
      settings jsonb not null
    );
    create index accounts_settings on accounts using gin (settings jsonb_path_ops);`,
  },
  {
    name: "0002_items.sql",
    sql: `create table items (
      item_id bigserial primary key,
      account_id bigint not null references accounts,
      state text not null,
      body text not null,
      price_cents integer not null
    );
    create index items_account on items (account_id);
    create index items_state on items (state, price_cents);`,
  },
  {
    name: "0003_events.sql",
    sql: `create sequence event_numbers;
    create table events (
      event_number bigint primary key default nextval('event_numbers'),
      item_id bigint not null,
      happened_at timestamptz not null,
      detail jsonb not null
    );
    create index events_item on events (item_id);`,
  },
];

/** The same rows every time: no clock and no chance in them. */
const seed = (rows: number): string => `
insert into accounts (email, settings)
select 'user-' || i || '@example.com', jsonb_build_object('locale', 'de', 'plan', i % 7, 'tags', jsonb_build_array(i % 11, i % 13))
from generate_series(1, ${Math.ceil(rows / 10)}) i;

insert into items (account_id, state, body, price_cents)
select 1 + i / 10, (array['open', 'held', 'sold'])[1 + i % 3], repeat(md5(i::text), 30), i % 10000
from generate_series(0, ${rows - 1}) i;

insert into events (item_id, happened_at, detail)
select i, timestamptz '2026-01-01 00:00Z' + i * interval '1 second', jsonb_build_object('kind', i % 5, 'from', md5(i::text))
from generate_series(1, ${rows}) i;
`;
