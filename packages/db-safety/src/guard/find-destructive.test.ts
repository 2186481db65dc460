import { DESTRUCTIVE_KINDS } from "@oroboros/slot-contract";
import { loadModule } from "libpg-query";
import { beforeAll, describe, expect, test } from "vitest";
import { findDestructive } from "./find-destructive.ts";

beforeAll(() => loadModule());

const kindsIn = (sql: string): string[] => findDestructive(sql).map(({ kind, object }) => `${kind} ${object}`);

/** A statement, and what is found in it. */
const DESTRUCTIVE: [sql: string, ...found: string[]][] = [
  ["drop table items", "drop_table items"],
  ["drop table if exists shop.items, b", "drop_table shop.items", "drop_table b"],
  ["DROP TABLE items CASCADE", "drop_table items", "cascade items"],
  ["drop foreign table f", "drop_table f"],
  ['drop table "Order Items"', 'drop_table "Order Items"'],
  ["drop view v", "drop_view v"],
  ["drop materialized view v", "drop_view v"],
  ["drop schema shop cascade", "drop_schema shop", "cascade shop"],
  ["drop type mood", "drop_type mood"],
  ["drop domain email", "drop_type email"],
  ["drop function total(int)", "drop_function total"],
  ["drop procedure p", "drop_function p"],
  ["drop aggregate agg(int)", "drop_function agg"],
  ["drop index concurrently items_by_name", "drop_index items_by_name"],
  ["drop sequence s", "drop_sequence s"],
  ["drop trigger t on items", "drop_trigger items.t"],
  ["drop event trigger t", "drop_trigger t"],
  ["drop policy p on items", "drop_policy items.p"],
  ["drop extension pgcrypto", "drop_extension pgcrypto"],
  ["drop rule r on items", "drop_object items.r"],
  ["drop role reader", "drop_object reader"],
  ["drop database other", "drop_object other"],
  ["drop subscription s", "drop_object s"],
  ["drop user mapping for reader server far", "drop_object far.reader"],
  ["alter publication p drop table items", "drop_object p"],
  ["drop owned by current_user", "drop_owned current_user"],
  ["alter table items drop column price", "drop_column items.price"],
  ["alter table items drop price cascade", "drop_column items.price", "cascade items.price"],
  ["alter table if exists only shop.items drop column if exists price", "drop_column shop.items.price"],
  ["alter table items drop constraint positive", "drop_constraint items.positive"],
  ["alter type address drop attribute street", "drop_column address.street"],
  ["alter table items alter price drop default", "drop_default items.price"],
  ["alter table items alter id drop identity", "drop_default items.id"],
  ["alter table items alter price type bigint", "change_column_type items.price"],
  ["alter table items alter price set data type text using price::text", "change_column_type items.price"],
  ["alter table items alter price set not null", "set_not_null items.price"],
  ["alter table items add column price int not null", "add_not_null_column items.price"],
  ["alter table items add code text primary key", "add_not_null_column items.code"],
  ["alter table items drop a, drop b", "drop_column items.a", "drop_column items.b"],
  ["alter domain email drop constraint c", "drop_constraint email.c"],
  ["alter domain email set not null", "set_not_null email"],
  ["alter domain email drop default", "drop_default email"],
  ["alter table items rename to things", "rename_table items to things"],
  ["alter view v rename to w", "rename_table v to w"],
  ["alter table items rename price to cost", "rename_column items.price to cost"],
  ["alter table items rename constraint a to b", "rename_object items.a to b"],
  ["alter type mood rename to feeling", "rename_object mood to feeling"],
  ["alter type mood rename value 'sad' to 'blue'", "rename_enum_value mood: 'sad' to 'blue'"],
  ["alter schema shop rename to store", "rename_object shop to store"],
  ["alter function total(int) rename to sum_of", "rename_object total to sum_of"],
  ["alter table items set schema old", "move_to_schema items to old"],
  ["truncate items, b", "truncate items", "truncate b"],
  ["truncate table items restart identity cascade", "truncate items", "cascade items"],
  ["delete from items", "delete_all_rows items"],
  ["delete from items where true", "delete_all_rows items"],
  ["delete from items where 1 = 1", "delete_all_rows items"],
  ["with gone as (delete from items returning *) insert into old select * from gone", "delete_all_rows items"],
  ["update items set price = 0", "update_all_rows items"],
  ["insert into a select 1; update items set price = 0 where not false", "update_all_rows items"],
  ["merge into a using b on a.id = b.id when not matched by source then delete", "delete_all_rows a"],
  ["prepare x as delete from items", "delete_all_rows items"],
  ["merge into a using b on true when matched then delete", "delete_all_rows a"],
  [
    "merge into a using b on 1 = 1 when matched and a.old then delete when matched then update set n = 1",
    "update_all_rows a",
  ],
  ["alter table items add constraint c not null price", "set_not_null items.price"],
  ["alter table items no inherit things", "detach_partition items"],
  ["copy items from program 'cat /etc/passwd'", "opaque program cat /etc/passwd"],
  ["load 'library'", "opaque library library"],
  ["copy (delete from items returning *) to stdout", "delete_all_rows items"],
  ["revoke select on items from reader", "revoke items from reader"],
  ["revoke reader from writer", "revoke reader from writer"],
  ["alter default privileges in schema s revoke all on tables from r", "revoke objects made later from r"],
  ["alter table items disable row level security", "disable_row_security items"],
  ["alter table items no force row level security", "disable_row_security items"],
  ["alter table items disable trigger all", "disable_trigger items"],
  ["alter table items detach partition items_2020", "detach_partition items_2020"],
  ["create table a (); drop table a", "drop_table a"],
  ["begin; drop table a; commit", "drop_table a"],
];

test.each(DESTRUCTIVE)("%s is destructive", (sql, ...found) => {
  expect(kindsIn(sql)).toEqual(found);
});

test.each([
  "",
  " \n-- nothing here\n",
  "-- drop table items",
  "/* drop table items; /* delete from items */ */ select 1",
  "select 'drop table items'",
  "select $$drop table items; delete from items$$",
  "insert into notes (text) values ('delete from items;')",
  'create table "drop table items" (id int)',
  "create table a (truncate_at date, dropped boolean not null)",
  "create or replace view v as select 1",
  "create or replace function f() returns void language sql as 'drop table items'",
  "create function f() returns void language plpgsql as $$ begin delete from items; end $$",
  "create trigger t before insert on items for each row execute function f()",
  "create rule r as on delete to items do instead delete from others",
  "comment on table items is 'drop table items'",
  "alter table items add column price int",
  "alter table items add column price int not null default 0",
  "alter table items add column id serial not null",
  "alter table items add column id bigserial primary key",
  "alter table items add column id int generated always as identity primary key",
  "alter table items add column full_name text not null generated always as ('x') stored",
  "alter table items alter price set default 1",
  "alter table items alter price drop not null",
  "alter table items add constraint positive check (price > 0) not valid",
  "alter table items enable row level security",
  "alter table items attach partition p for values in (1)",
  "alter type mood add value 'new'",
  "delete from items where id = 1",
  "delete from items using old where old.id = items.id",
  "delete from items where exists (select from old where old.id = items.id)",
  "update items set price = 0 where price is null",
  "merge into a using b on a.id = b.id when matched then delete",
  "grant select on items to reader",
  "select setval('items_id_seq', 10), pg_catalog.set_config('search_path', '', false)",
  "create index concurrently if not exists i on items (name)",
  "copy items (name) from stdin",
])("%j is harmless", (sql) => {
  expect(kindsIn(sql)).toEqual([]);
});

describe("code that runs with the migration", () => {
  const code: [sql: string, ...found: string[]][] = [
    ["do $$ begin drop table items; end $$", "drop_table items"],
    ["do 'begin drop table items; end'", "drop_table items"],
    ["do language plpgsql $do$ begin if true then delete from items; end if; end $do$", "delete_all_rows items"],
    ["do $$ begin null; exception when others then truncate items; end $$", "truncate items"],
    ["do $$ begin create type mood as enum ('sad'); exception when duplicate_object then null; end $$"],
    ["do $$ begin if not exists (select from items) then create table a (); end if; end $$"],
    ["do $$ begin execute 'drop table items'; end $$", "drop_table items"],
    ["do $$ begin execute format('drop table %I', 'items'); end $$", "opaque SQL made while it runs"],
    ["do $$ declare n text := 'items'; begin execute 'drop table ' || n; end $$", "opaque SQL made while it runs"],
    [
      "do $$ declare r record; begin for r in execute 'select ' || 1 loop end loop; end $$",
      "opaque SQL made while it runs",
    ],
    ["do $$ begin execute 'no sql'; end $$", "opaque SQL that can not be read"],
    ["do $$ declare c refcursor; begin open c for execute 'select ' || 1; end $$", "opaque SQL made while it runs"],
    ["do $$ declare n int; begin if count(*) = 0 from items then n := count(*) from a; end if; end $$"],
    ["do $$ declare n int; begin select count(*) into n from items; perform setval('s', n); end $$"],
    [
      "do $$ declare n int := 0; begin while n < 3 loop n := n + 1; delete from items; end loop; end $$",
      "delete_all_rows items",
    ],
    [
      "do $$ begin case when true then drop table a; else drop table b; end case; end $$",
      "drop_table a",
      "drop_table b",
    ],
    ["do $$ begin this is no plpgsql; end $$", "opaque plpgsql that can not be read"],
    ["do language plperl 'unlink'", "opaque plperl that can not be read"],
    ["do $$ begin do $in$ begin drop table a; end $in$; end $$", "drop_table a"],
    ["create function f() returns void language sql as 'drop table a'; select f()", "drop_table a"],
    [
      "create function f() returns int language plpgsql as $$ begin truncate a; return 1; end $$; insert into b values (f())",
      "truncate a",
    ],
    ["create procedure p() language sql begin atomic delete from a; end; call p()", "delete_all_rows a"],
    ["create function f() returns void language sql as 'select f()'; select f()"],
    ["create function f() returns void language c as 'lib', 'f'; select f()", "opaque c that can not be read"],
    ["call made_elsewhere()", "opaque made_elsewhere()"],
    [
      "create function shop.setval(text, int) returns int language sql as 'drop table a; select 1'",
      "opaque setval(), which is named as one of PostgreSQL's own",
    ],
    ["select shop.made_elsewhere()", "opaque shop.made_elsewhere()"],
    ["do $$ begin perform made_elsewhere(); end $$", "opaque made_elsewhere()"],
  ];
  test.each(code)("%s", (sql, ...found) => {
    expect(kindsIn(sql)).toEqual(found);
  });

  test("functions that call each other, and themselves many times, are read once", () => {
    const calls = "select a(), b(), c();".repeat(50);
    const made = ["a", "b", "c"].map((name) => `create function ${name}() returns void language sql as '${calls}';`);
    expect(kindsIn(`${made.join("\n")} select a();`)).toEqual([]);
  });

  test("blocks within blocks end as what can not be seen", () => {
    const nested = [0, 1, 2, 3, 4, 5, 6, 7].reduce((sql, n) => `do $q${n}$ begin ${sql}; end $q${n}$`, "drop table a");
    expect(kindsIn(nested)).toEqual(["opaque code within code"]);
  });
});

test("each is told with its line and its text on one line, whatever stands before it", () => {
  const sql =
    "-- ü\nselect 'ü';\n\n/* why\n /* not */ */ alter table items\n  drop column price;\ndo $$\nbegin\n  drop table a;\nend $$";
  expect(findDestructive(sql)).toEqual([
    { kind: "drop_column", object: "items.price", line: 5, statement: "alter table items drop column price" },
    { kind: "drop_table", object: "a", line: 9, statement: "drop table a" },
  ]);
});

test("what would steer a terminal or turn text around is not passed on, and long text is cut", () => {
  const [found] = findDestructive(`drop table "a\u202e\u001b[31m", b${", c".repeat(500)}`);
  expect(found?.object).toBe('"a[31m"');
  expect(found?.statement).toHaveLength(240);
  expect(found?.statement).toMatch(/^drop table "a\[31m", b, c.*…$/);
});

test.each(["\\c other", "\\! rm -rf /", "copy a from stdin;\n1\t2\n\\.\n", "drop tabel a", "select 1\0; drop table a"])(
  "%j is no SQL",
  (sql) => {
    expect(() => findDestructive(sql)).toThrow(/syntax error|NUL/);
  },
);

test("every kind but none else is found by one of these cases", () => {
  const found = new Set(
    [...DESTRUCTIVE.flatMap(([sql]) => findDestructive(sql)), ...findDestructive("call p()")].map(({ kind }) => kind),
  );
  expect([...found].toSorted()).toEqual([...DESTRUCTIVE_KINDS].toSorted());
});
