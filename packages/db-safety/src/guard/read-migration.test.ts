import { loadModule } from "libpg-query";
import { beforeAll, expect, test } from "vitest";
import { readMigration } from "./read-migration.ts";

beforeAll(() => loadModule());

test("a text that is no SQL is told with the parser's words and the line", () => {
  const read = readMigration("select 1;\n\nüü foo");
  expect(read).toEqual({ statements: [], notAnalysed: 'syntax error at or near "üü" in line 3', isParserSound: true });
});

test("of very many statements the first are shown, and how many there are", () => {
  const { statements, notAnalysed } = readMigration("drop table a;".repeat(1_000));
  expect(statements).toHaveLength(200);
  expect(notAnalysed).toBe("only the first 200 of 1000 statements are shown");
});

test("nesting that the grammar refuses leaves the parser sound", () => {
  const read = readMigration(`select ${"(".repeat(100_000)}`);
  expect(read).toMatchObject({ statements: [], isParserSound: true });
  expect(read.notAnalysed).toMatch(/^memory exhausted/);
});

test("nesting that is too deep for the stack does not", () => {
  const read = readMigration(`select ${"1+".repeat(250_000)}1`);
  expect(read).toEqual({ statements: [], notAnalysed: "it is nested too deeply to be read", isParserSound: false });
});
