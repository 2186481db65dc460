import { usePostgres } from "@oroboros/test-support/use-postgres";
import { sql } from "kysely";
import { afterAll, expect, test } from "vitest";
import { migrations } from "./migrations/index.ts";
import { migrateControlStore } from "./migrate-control-store.ts";
import { openControlStore } from "./open-control-store.ts";

const database = usePostgres();
const control = openControlStore({ databaseUrl: database.url, onError: () => undefined });
afterAll(() => control.close());

test("a second migration finds nothing to do, and three at once are one", async () => {
  const first = await Promise.all([1, 2, 3].map(() => migrateControlStore(control.db)));
  expect(first.flatMap(({ applied }) => applied)).toEqual(Object.keys(migrations));
  expect(await migrateControlStore(control.db)).toEqual({ applied: [] });
  await sql`select 1`.execute(control.db);
});
