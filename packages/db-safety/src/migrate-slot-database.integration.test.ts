import type { OperatorError, RunId } from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { provisionedServer, query, RUN, SLOTS, type ProvisionedServer } from "../test/provisioned-server.ts";
import { migrateSlotDatabase, planMigration, seedSlotDatabase, type SqlFile } from "./index.ts";

const [slot] = SLOTS;
const NOTES: SqlFile = { name: "0001_notes.sql", sql: "create table notes (body text);" };
const MORE: SqlFile = { name: "0002_more.sql", sql: "alter table notes add column more text;" };

let machine: ProvisionedServer;
beforeAll(async () => {
  machine = await provisionedServer();
});
afterAll(() => machine?.stop());
beforeEach(() => machine.reset(slot, { migrations: [NOTES], seed: null }));

const request = (...migrations: SqlFile[]) => ({ migrations });
const migrate = async (...migrations: SqlFile[]) =>
  migrateSlotDatabase(await machine.access(slot), request(...migrations));
const table = async (name: string) => query(await machine.asSlot(slot), `select to_regclass('${name}')::text as name`);

describe("migrations", () => {
  test("apply only what the template has not, once", async () => {
    expect(await migrate(NOTES, MORE)).toEqual({ applied: [MORE.name] });
    expect(await migrate(NOTES, MORE)).toEqual({ applied: [] });
  });

  test("are only listed by a plan", async () => {
    expect(await planMigration(await machine.access(slot), request(NOTES, MORE))).toEqual({ pending: [MORE.name] });
    expect(await migrate(NOTES, MORE)).toEqual({ applied: [MORE.name] });
  });

  test("of a run are refused in a database that is another run's by now, or nobody's", async () => {
    const migrateFor = async (runId: RunId) =>
      migrateSlotDatabase(await machine.access(slot), { ...request(MORE), runId });
    expect(await planMigration(await machine.access(slot), request(NOTES, MORE))).toEqual({ pending: [MORE.name] });
    const before = RUN.replace(/^.{8}/, "00000000") as RunId;
    await expect(migrateFor(before)).rejects.toMatchObject({ code: "stale_lease" });
    await machine.reset(slot, { migrations: [NOTES], seed: null }, undefined, null);
    await expect(migrateFor(RUN)).rejects.toMatchObject({ code: "stale_lease" });
    await machine.reset(slot, { migrations: [NOTES], seed: null });
    expect(await migrateFor(RUN)).toEqual({ applied: [MORE.name] });
  });

  test("that fail in the middle keep nothing of the file and name it, with the files before it applied", async () => {
    const broken = { name: "0003_broken.sql", sql: "create table half ();\nselect nonsense;" };
    await expect(migrate(NOTES, MORE, broken)).rejects.toMatchObject({
      code: "migration_failed",
      message: expect.stringContaining("0003_broken.sql failed (SQLSTATE 42703, line 2)"),
    });
    expect(await table("half")).toEqual([{ name: null }]);
    expect(await planMigration(await machine.access(slot), request(NOTES, MORE))).toEqual({ pending: [] });
  });

  test("that were applied and then edited are refused, also by a plan", async () => {
    const edited = { ...NOTES, sql: "create table notes (other text);" };
    const refusal = {
      code: "migration_failed",
      message: expect.stringContaining("0001_notes.sql was applied with other contents"),
    };
    await expect(migrate(edited)).rejects.toMatchObject(refusal);
    await expect(planMigration(await machine.access(slot), request(edited))).rejects.toMatchObject(refusal);
  });

  test("may not end the transaction they run in", async () => {
    const escaping = { name: "0003_escaping.sql", sql: "commit; begin; create table escaped ();" };
    await expect(migrate(NOTES, escaping)).rejects.toMatchObject({
      message: expect.stringContaining("ends the transaction"),
    });
    expect(await table("escaped")).toEqual([{ name: null }]);
  });

  test("are told with the beginning of the server's reason, however long a branch makes its texts", async () => {
    const raise = "raise exception '%', repeat('x', 3000000) using detail = repeat('y', 3000000)";
    const talkative = { name: "0003_talkative.sql", sql: `do $$ begin ${raise}; end $$;` };
    const failure: unknown = await migrate(NOTES, talkative).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "migration_failed", cause: { code: "P0001" } });
    const { message, hint, stack, cause } = failure as OperatorError & { cause: Error };
    expect(message).toMatch(
      /^0003_talkative\.sql failed \(SQLSTATE P0001\): x{2000}\.\.\. \(3000000 characters in all\)\.$/,
    );
    const logged = JSON.stringify([message, hint, stack, cause.message, cause.stack, Object.entries(cause)]);
    expect(logged.length).toBeLessThan(20_000);
  });

  test("fill no memory of the worker with what they select", async () => {
    const rows = { name: "0003_rows.sql", sql: "select repeat('x', 1000) from generate_series(1, 300000);" };
    const peak = await peakOf(() => migrate(NOTES, rows));
    expect(peak.outcome).toEqual({ applied: [rows.name] });
    expect(peak.megabytes).toBeLessThan(100);
  });

  test.each([
    ["a value", "select repeat('x', 200000000);"],
    ["a notice", "do $$ begin raise notice '%', repeat('x', 200000000); end $$;"],
  ])("that let the server send %s of any length fail, and fill no memory", async (_, text) => {
    const long = { name: "0003_long.sql", sql: `create table half ();\n${text}` };
    const peak = await peakOf(() => migrate(NOTES, long).catch((error: unknown) => error));
    expect(peak.outcome).toMatchObject({
      code: "migration_failed",
      message: expect.stringMatching(
        /^0003_long\.sql failed: it made the server send 20\d{7} bytes at once\.$/,
      ) as string,
    });
    expect(peak.megabytes).toBeLessThan(100);
    expect(await table("half")).toEqual([{ name: null }]);
    expect(await migrate(NOTES, MORE)).toEqual({ applied: [MORE.name] });
  });

  test("are told from a table that the branch has made endless, or of its own words, within bounds", async () => {
    const view = "create or replace view oroboros.schema_migrations as select";
    const instead = async (columns: string) =>
      query(await machine.asSlot(slot), `${view} ${columns} from generate_series(1, 3000000) as each`);
    await query(await machine.asSlot(slot), "drop table oroboros.schema_migrations");
    await instead("repeat('x', 1000) as name, each::text as checksum");
    const peak = await peakOf(async () => planMigration(await machine.access(slot), request(NOTES)));
    expect(peak.outcome).toEqual({ pending: [NOTES.name] });
    expect(peak.megabytes).toBeLessThan(100);
    await instead("each::text as name, (select repeat('y', 3000000)::int::text) as checksum");
    const failure: unknown = await planMigration(await machine.access(slot), request(NOTES)).catch(
      (error: unknown) => error,
    );
    expect(String(failure)).toMatch(/^error: invalid input syntax for type integer: "yyy/);
    expect((failure as Error).stack?.length).toBeLessThan(10_000);
  });

  test("do not hand their settings to the next file, as dumps do with search_path", async () => {
    const dump = { name: "0002_dump.sql", sql: "select pg_catalog.set_config('search_path', '', false);" };
    await migrate(NOTES, dump, { name: "0003_plain.sql", sql: "create table plain ();" });
    expect(await table("public.plain")).toEqual([{ name: "plain" }]);
  });

  test("of two callers at once are applied once", async () => {
    const outcomes = await Promise.all([migrate(NOTES, MORE), migrate(NOTES, MORE)]);
    expect(outcomes.flatMap((outcome) => outcome.applied)).toEqual([MORE.name]);
  });
});

/** What this process holds meanwhile beyond what it held before. */
async function peakOf<Outcome>(act: () => Promise<Outcome>): Promise<{ outcome: Outcome; megabytes: number }> {
  const before = process.memoryUsage.rss();
  let peak = before;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 10);
  try {
    const outcome = await act();
    return { outcome, megabytes: (Math.max(peak, process.memoryUsage.rss()) - before) / 1_000_000 };
  } finally {
    clearInterval(timer);
  }
}

describe("a signal", () => {
  const STUBBORN = `do $$ begin
      loop begin perform pg_sleep(1000); exception when query_canceled then null; end; end loop;
    end $$;`;
  const sleepers = () =>
    query(
      machine.superuserUrl(),
      "select pid from pg_stat_activity where usename ~ '^slot_' and wait_event = 'PgSleep'",
    );
  const stopAt = async (isTime: () => Promise<boolean>, act: (signal: AbortSignal) => Promise<unknown>) => {
    const stop = new AbortController();
    const acting = expect(act(stop.signal)).rejects.toThrow("canceled by the operator");
    await eventually(isTime, { deadlineMs: 60_000 });
    stop.abort(new Error("canceled by the operator"));
    await acting;
  };
  const isSleeping = async (): Promise<boolean> => (await sleepers()).length > 0;
  const migrateUntil = (text: string) => async (signal: AbortSignal) =>
    migrateSlotDatabase(await machine.access(slot), {
      ...request(NOTES, MORE, { name: "0003_slow.sql", sql: text }),
      stop: { signal, server: machine.server },
    });

  test.each([
    ["a statement that sleeps", "create table half (); select pg_sleep(1000);"],
    ["one that catches its cancellation", STUBBORN],
    ["one under another name", "set application_name = 'psql'; select pg_sleep(1000);"],
  ])("ends %s, on the server too, and keeps nothing of its file", async (_, text) => {
    await stopAt(isSleeping, migrateUntil(text));
    await eventually(async () => !(await isSleeping()), { deadlineMs: 60_000 });
    expect(await table("half")).toEqual([{ name: null }]);
    expect(await planMigration(await machine.access(slot), request(NOTES, MORE))).toEqual({ pending: [] });
  });

  test("ends a migration where a branch has used up its role's connections", async () => {
    const connectionString = await machine.asSlot(slot);
    const clients = Array.from({ length: 19 }, () => new Client({ connectionString }));
    for (const client of clients) client.on("error", () => undefined);
    await Promise.all(clients.map((client) => client.connect()));
    await stopAt(isSleeping, migrateUntil("select pg_sleep(1000);"));
    await eventually(async () => !(await isSleeping()), { deadlineMs: 60_000 });
    await Promise.all(clients.map((client) => client.end()));
  });

  test("that came before lets nothing be applied", async () => {
    const stop = { signal: AbortSignal.abort(new Error("too late")), server: machine.server };
    const migrating = migrateSlotDatabase(await machine.access(slot), { ...request(NOTES, MORE), stop });
    await expect(migrating).rejects.toThrow("too late");
    expect(await planMigration(await machine.access(slot), request(NOTES, MORE))).toEqual({ pending: [MORE.name] });
  });

  test("ends a reset that builds a template and one that waits for it, and the old database serves", async () => {
    const slow = { migrations: [NOTES], seed: { version: "v1", sql: "select pg_sleep(1000)" } };
    const reset = (signal: AbortSignal) => machine.reset(slot, slow, undefined, RUN, { signal });
    const isWaiting = async (): Promise<boolean> => {
      const waiting = "select from pg_stat_activity where wait_event_type = 'Lock' and wait_event = 'advisory'";
      return (await query(machine.superuserUrl(), waiting)).length > 0;
    };
    await query(await machine.asSlot(slot), "insert into notes values ('old')");
    await stopAt(isWaiting, async (signal) => {
      const building = new AbortController();
      const built = expect(reset(building.signal)).rejects.toThrow("not any more");
      await eventually(isSleeping, { deadlineMs: 60_000 });
      const waited = reset(signal);
      await waited.catch(() => building.abort(new Error("not any more")));
      await built;
      return waited;
    });
    await eventually(async () => !(await isSleeping()), { deadlineMs: 60_000 });
    expect(await query(await machine.asSlot(slot), "select body from notes")).toEqual([{ body: "old" }]);
  });

  test("ends a reset that holds the lease already before anything is swapped", async () => {
    const stop = new AbortController();
    const guard = async (): Promise<void> => stop.abort(new Error("canceled by the operator"));
    await query(await machine.asSlot(slot), "insert into notes values ('old')");
    const resetting = machine.reset(slot, { migrations: [NOTES], seed: null }, guard, RUN, { signal: stop.signal });
    await expect(resetting).rejects.toThrow("canceled by the operator");
    expect(await query(await machine.asSlot(slot), "select body from notes")).toEqual([{ body: "old" }]);
  });
});

describe("a seed", () => {
  const seed = { version: "v1", sql: "insert into notes values ('one');" };
  const load = async (sql = seed.sql) =>
    seedSlotDatabase(await machine.access(slot), { seed: { ...seed, sql }, runId: RUN });

  test("is loaded into an empty, migrated database", async () => {
    await load();
    expect(await query(await machine.asSlot(slot), "select body from notes")).toEqual([{ body: "one" }]);
  });

  test("is refused where a table has rows, naming it", async () => {
    await load();
    await expect(load()).rejects.toMatchObject({
      code: "database_not_empty",
      message: expect.stringContaining("public.notes"),
      hint: `Start over with: oroboros db reset-and-seed --slot ${slot} --run-id ${RUN} --seed-version v1`,
    });
    expect(await query(await machine.asSlot(slot), "select body from notes")).toHaveLength(1);
  });

  test("for tables that are not there says to migrate first", async () => {
    await machine.reset(slot, { migrations: [], seed: null });
    await expect(load()).rejects.toMatchObject({
      code: "seed_failed",
      hint: expect.stringContaining(`oroboros db migrate --slot ${slot} --run-id ${RUN}.`),
    });
  });

  test("that fails in the middle loads nothing", async () => {
    await expect(load(`${seed.sql}\ninsert into nowhere values (1);`)).rejects.toMatchObject({ code: "seed_failed" });
    expect(await query(await machine.asSlot(slot), "select body from notes")).toEqual([]);
  });
});

describe("before anything is sent, the server's own answer is compared, so that", () => {
  const comment = (text: string | null) =>
    query(machine.superuserUrl(), `comment on database app_preview_1 is ${text === null ? "null" : `'${text}'`}`);

  test.each([
    ["a database without a marker", null, "not_marked"],
    ["a database with some other comment", "somebody else", "not_marked"],
    ["a database marked as another slot's", "oroboros:slot=preview-2:run=none:epoch=0", "identity_mismatch"],
  ])("%s is refused", async (_, text, code) => {
    await comment(text);
    await expect(migrate(NOTES, MORE)).rejects.toMatchObject({ code });
    await expect(planMigration(await machine.access(slot), request(NOTES))).rejects.toMatchObject({ code });
    await expect(machine.reset(slot, { migrations: [], seed: null })).rejects.toMatchObject({ code });
    await comment(`oroboros:slot=${slot}:run=none:epoch=0`);
    expect(
      await query(machine.superuserUrl("app_preview_1"), "select name from oroboros.schema_migrations"),
    ).toHaveLength(1);
  });

  test("a session that becomes another role at login is refused", async () => {
    await query(machine.superuserUrl(), "grant slot_2 to slot_1_e7");
    await query(machine.superuserUrl(), "alter role slot_1_e7 set role = 'slot_2'");
    try {
      await expect(migrate(NOTES, MORE)).rejects.toMatchObject({ code: "role_mismatch" });
    } finally {
      await query(machine.superuserUrl(), "alter role slot_1_e7 reset role");
      await query(machine.superuserUrl(), "revoke slot_2 from slot_1_e7");
    }
  });

  test.each(["slot_1", "slot_1_e7"])("%s that was made a superuser is refused", async (role) => {
    await query(machine.superuserUrl(), `alter role ${role} superuser`);
    await expect(migrate(NOTES, MORE)).rejects.toMatchObject({ code: "role_mismatch" });
    await query(machine.superuserUrl(), `alter role ${role} nosuperuser`);
  });
});

describe("the environment", () => {
  afterEach(() => vi.unstubAllEnvs());

  test("can not lead a connection astray", async () => {
    const hostile = {
      PGHOST: "192.0.2.1",
      PGPORT: "1",
      PGDATABASE: "builder_control",
      PGUSER: "postgres",
      PGPASSWORD: "wrong",
      PGOPTIONS: "-c search_path=pg_temp -c role=slot_2",
      PGSSLMODE: "require",
      PGSSLNEGOTIATION: "direct",
      PGREPLICATION: "database",
      PGCLIENT_ENCODING: "LATIN1",
    };
    for (const [name, value] of Object.entries(hostile)) vi.stubEnv(name, value);
    const umlaut = { name: "0002_umlaut.sql", sql: "insert into notes values ('ü');" };
    expect(await migrate(NOTES, umlaut)).toEqual({ applied: [umlaut.name] });
    await machine.reset(slot, { migrations: [NOTES], seed: { version: "v1", sql: "insert into notes values ('ü')" } });
    vi.unstubAllEnvs();
    expect(await query(await machine.asSlot(slot), "select length(body) from public.notes")).toEqual([{ length: 1 }]);
  });
});
