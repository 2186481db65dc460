import { eventually } from "@oroboros/test-support";
import { usePostgres } from "@oroboros/test-support/use-postgres";
import { sql } from "kysely";
import { afterEach, expect, test } from "vitest";
import type { Store } from "./schema.ts";
import { openControlStore } from "./open-control-store.ts";
import { allowPause } from "./transaction.ts";

const database = usePostgres();
const opened: ReturnType<typeof openControlStore>[] = [];
afterEach(() => Promise.all(opened.splice(0).map((store) => store.close())));

function open(onError: (error: unknown) => void = () => undefined) {
  const store = openControlStore({ databaseUrl: database.url, onError });
  opened.push(store);
  return store.db;
}

test("a connection that dies between two statements of a transaction fails that transaction and nothing else", async () => {
  const errors: unknown[] = [];
  const [db, other] = [open((error) => errors.push(error)), open()];
  const dying = db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(other);
    await eventually(() => errors.length > 0, { deadlineMs: 25_000 });
    await sql`select 1`.execute(tx);
  });
  await expect(dying).rejects.toThrow();
  expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
});

test("a store that may not wait gives up a lock that somebody keeps, and any other waits for it", async () => {
  const [keeper, waiting] = [open(), open()];
  const impatient = openControlStore({ databaseUrl: database.url, lockTimeoutMs: 20, onError: () => undefined });
  opened.push(impatient);
  const lock = sql`select pg_advisory_xact_lock(1)`;
  const waited = await keeper.transaction().execute(async (tx) => {
    await lock.execute(tx);
    const waits = lock.execute(waiting);
    await expect(lock.execute(impatient.db)).rejects.toMatchObject({ code: "55P03" });
    return [waits];
  });
  await Promise.all(waited);
  await lock.execute(impatient.db);
});

const SHOW = sql<{ idle_in_transaction_session_timeout: string }>`show idle_in_transaction_session_timeout`;

test("the server ends a transaction that nobody goes on with, later where that was allowed, and only then", async () => {
  const db = open();
  const timeout = async (store: Store): Promise<string | undefined> =>
    (await SHOW.execute(store)).rows[0]?.idle_in_transaction_session_timeout;
  expect(await timeout(db)).toBe("10s");
  await db.transaction().execute(async (tx) => {
    await allowPause(tx, 120);
    expect(await timeout(tx)).toBe("2min");
  });
  expect(await timeout(db)).toBe("10s");
});
