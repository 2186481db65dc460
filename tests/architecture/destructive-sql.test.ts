import { expect, test } from "vitest";
import { misplacedSql } from "./destructive-sql.ts";
import { readSources } from "./source-file.ts";

const sources = readSources();

/** What `builder_control` holds, by its own schema. */
const controlTables = (): ReadonlySet<string> => {
  const { text } = sources.find(({ path }) => path === "packages/control-store/src/schema.ts") ?? { text: "" };
  const tables = /interface ControlSchema \{([^}]*)\}/.exec(text)?.[1] ?? "";
  return new Set([...tables.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => String(name)));
};

/** Prints in SQL's words what db-safety would do. */
const ONLY_SAID = ["packages/operations/src/database/snapshot-drop.ts: drop database"];

test("only db-safety has SQL that takes something away, and control-store for rows of its own tables", () => {
  expect(controlTables().size).toBeGreaterThan(10);
  expect(sources.flatMap((file) => misplacedSql(file, controlTables()))).toEqual(ONLY_SAID);
});

const sample = (owner: string, text: string, name = "sample.ts"): string[] =>
  misplacedSql({ owner, path: `${owner}/src/${name}`, text }, new Set(["runs"]));

test.each([
  "sql`drop database ${sql.id(name)}`",
  "sql`DROP\n  DATABASE app_preview_1`",
  "sql`create database x template y`",
  "sql`alter database x rename to y`",
  "sql`alter role slot_1 login`",
  "sql`reassign owned by a to b`",
  "sql`alter system set x = 1`",
  "sql`select pg_terminate_backend(1)`",
  'client.query("drop table runs cascade")',
  'client.query("drop schema public")',
  'client.query("truncate runs")',
  'client.query("TRUNCATE TABLE runs")',
  "sql`truncate ${table}`",
  'client.query("delete from runs")',
  'store.deleteFrom("runs")',
  'db.schema.dropTable("runs")',
  "db.schema\n  .alterTable(name)",
])("%s is found in an operation", (text) => {
  expect(sample("packages/operations", text)).toHaveLength(1);
});

test("control-store may take away its own rows, tables in a migration, and neither databases nor roles", () => {
  expect(sample("packages/control-store", 'store.deleteFrom("runs"); sql`delete from runs`')).toEqual([]);
  expect(sample("packages/control-store", 'store.deleteFrom("items")')).toHaveLength(1);
  expect(sample("packages/control-store", "store.deleteFrom(table)")).toHaveLength(1);
  expect(sample("packages/control-store", "sql`delete from other.runs`")).toHaveLength(1);
  expect(sample("packages/control-store", "sql`drop table runs`")).toHaveLength(1);
  expect(sample("packages/control-store", "sql`drop table runs`", "migrations/0001.ts")).toEqual([]);
  expect(sample("packages/control-store", "sql`drop role slot_1`", "migrations/0001.ts")).toHaveLength(1);
});

test("a comment, a test and what only sounds like it are left alone", () => {
  expect(sample("packages/host", "// it can not truncate what it said\n/* drop database */")).toEqual([]);
  expect(sample("packages/host", 'const hint = "rename or drop it"; truncate(text)')).toEqual([]);
  expect(sample("packages/host", "sql`drop database x`", "a.test.ts")).toEqual([]);
});
