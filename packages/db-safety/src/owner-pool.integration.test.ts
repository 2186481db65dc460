import { eventually } from "@oroboros/test-support";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { provisionedServer, query, type ProvisionedServer } from "../test/provisioned-server.ts";
import type { Session } from "./session.ts";
import { openAsOwner } from "./sessions.ts";

let machine: ProvisionedServer;
beforeAll(async () => {
  machine = await provisionedServer();
});
afterAll(() => machine?.stop());

const backendOf = (session: Session): number => session.backend.processId;
const giveBack = (session: Session): PromiseLike<void> => session[Symbol.asyncDispose]();
const parkedBackend = async (): Promise<number> => {
  const session = await openAsOwner(machine.server);
  await giveBack(session);
  return backendOf(session);
};

test("a connection that was given back is the next one's, and nobody else's meanwhile", async () => {
  const first = await parkedBackend();
  const [again, beside] = [await openAsOwner(machine.server), await openAsOwner(machine.server)];
  expect(backendOf(again)).toBe(first);
  expect(backendOf(beside)).not.toBe(first);
  await Promise.all([giveBack(again), giveBack(beside)]);
});

test("of what its last user has set, locked and prepared there is nothing left", async () => {
  const used = await openAsOwner(machine.server);
  await used.run(sql`set search_path = public`);
  await used.run(sql`set idle_session_timeout = '1s'`);
  await used.run(sql`prepare left_over as select 1`);
  await used.run(sql`select pg_advisory_lock(4711)`);
  await giveBack(used);
  await using next = await openAsOwner(machine.server);
  expect(backendOf(next)).toBe(backendOf(used));
  expect(
    await next.run(sql`
      select current_setting('search_path') as path, current_setting('idle_session_timeout') as timeout,
        (select count(*)::int from pg_prepared_statements) as prepared,
        (select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks`),
  ).toEqual([{ path: "pg_catalog", timeout: "0", prepared: 0, locks: 0 }]);
});

test("one that stands in a transaction, or is in the middle of a statement, goes", async () => {
  const begun = await openAsOwner(machine.server);
  await begun.run(sql`begin`);
  await giveBack(begun);
  const busy = await openAsOwner(machine.server);
  const sleeping = busy.run(sql`select pg_sleep(60)`);
  const ended = expect(sleeping).rejects.toThrow();
  await giveBack(busy);
  await query(machine.superuserUrl(), `select pg_terminate_backend(${backendOf(busy)})`);
  await ended;
  await using next = await openAsOwner(machine.server);
  expect([backendOf(begun), backendOf(busy)]).not.toContain(backendOf(next));
});

test("one that the server has ended meanwhile is not used", async () => {
  const ended = await parkedBackend();
  await query(machine.superuserUrl(), `select pg_terminate_backend(${ended})`);
  const isGone = async (): Promise<boolean> => {
    await using next = await openAsOwner(machine.server);
    return backendOf(next) !== ended && (await next.run(sql`select`)).length === 1;
  };
  await eventually(isGone, { deadlineMs: 60_000 });
});

test("no more than two wait, and giving one back twice is once", async () => {
  const sessions = await Promise.all(Array.from({ length: 5 }, () => openAsOwner(machine.server)));
  await Promise.all(sessions.map(giveBack));
  await Promise.all(sessions.map(giveBack));
  const idle =
    "select count(*)::int as open from pg_stat_activity where usename = 'oroboros_worker' and application_name = 'oroboros'";
  await eventually(async () => (await query(machine.superuserUrl(), idle))[0]?.["open"] === 2, { deadlineMs: 60_000 });
});
