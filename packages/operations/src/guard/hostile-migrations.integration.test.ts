import { systemClock } from "@oroboros/host";
import { fewer } from "@oroboros/test-support";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { readMigrations } from "./read-migrations.ts";

const GUARD = resolve(import.meta.dirname, "../../../db-safety/src/guard/main.ts");
const LENGTH = 512 * 1024;
const of = (text: string): string => text.repeat(Math.floor(LENGTH / text.length));

/** As large as any that is read, and as dear as a text of that size gets. */
const HOSTILE: Record<string, string> = {
  "many statements": of("select 1;"),
  "many drops": of("drop table a;"),
  "nothing but ends": of(";"),
  calls: `select ${of("f(),").slice(0, -1)}`,
  names: `select ${of("a.b,").slice(0, -1)}`,
  brackets: `select ${of("(")}`,
  sums: `select 1${of("+1")}`,
  cases: `select ${of("case when true then ")}`,
  comments: of("/*"),
  strings: `select '${of("x")}'`,
  code: `do $$ begin ${of("drop table x;")} end $$`,
  "code in code": `do $$ begin ${of("execute 'do $b$ begin null; end $b$';")} end $$`,
  functions: of("create function f() returns void language sql as 'select f()'; select f();"),
};

test.each(fewer(Object.entries(HOSTILE), 4))(
  "%s of half a megabyte end in time, and the next text is read",
  async (_, sql) => {
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const migrationGuard = [
      process.execPath,
      "--liftoff-only",
      "--max-old-space-size=256",
      "--conditions=oroboros-source",
      GUARD,
    ] as const;
    const read = await readMigrations({ migrationGuard, clock: systemClock, log }, [sql, "drop table last"]);
    expect(read).toHaveLength(2);
    expect(read[0]?.statements.length).toBeLessThanOrEqual(200);
    expect(read[1]).toMatchObject({ statements: [{ object: "last" }], notAnalysed: null });
  },
);
