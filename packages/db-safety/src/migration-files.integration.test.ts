import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { OperatorError } from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { OTHER_RUN, provisionedServer, query, RUN, SLOTS, type ProvisionedServer } from "../test/provisioned-server.ts";
import { migrateSlotDatabase, planMigration, proveSlotDatabase, seedMigratedDatabase, type SqlFile } from "./index.ts";

const [slot, other] = SLOTS;
const HANG = fileURLToPath(new URL("../test/migrate-and-hang.ts", import.meta.url));
const DEADLINE = { deadlineMs: 60_000 };
const file = (name: string, sql: string): SqlFile => ({ name, sql });
const FIRST = file("0001.sql", "create table first (id int);");
const SECOND = file("0002.sql", "create table second (id int);");

let machine: ProvisionedServer;
beforeAll(async () => {
  machine = await provisionedServer();
});
afterAll(() => machine?.stop());
beforeEach(() => machine.reset(slot, { migrations: [], seed: null }));

const migrate = async (...migrations: SqlFile[]) => migrateSlotDatabase(await machine.access(slot), { migrations });
const pending = async (...migrations: SqlFile[]) =>
  (await planMigration(await machine.access(slot), { migrations })).pending;
const tables = async (): Promise<string[]> => {
  const found = "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1";
  return (await query(await machine.asSlot(slot), found)).map(({ relname }) => String(relname));
};

describe("files", () => {
  test("of which the third fails keep the first two, and go on with it once it is corrected", async () => {
    const [wrong, right] = ["create table third (); select nonsense;", "create table third ();"].map((sql) =>
      file("0003.sql", sql),
    ) as [SqlFile, SqlFile];
    const fourth = file("0004.sql", "create table fourth ();");
    await expect(migrate(FIRST, SECOND, wrong, fourth)).rejects.toMatchObject({
      code: "migration_failed",
      message: expect.stringContaining("0003.sql failed (SQLSTATE 42703, line 1)"),
    });
    expect(await tables()).toEqual(["first", "second"]);
    expect(await pending(FIRST, SECOND, right, fourth)).toEqual(["0003.sql", "0004.sql"]);
    expect(await migrate(FIRST, SECOND, right, fourth)).toEqual({ applied: ["0003.sql", "0004.sql"] });
    expect(await tables()).toEqual(["first", "fourth", "second", "third"]);
  });

  test("of two runners at once are applied once: the second waits for the first, which is slow", async () => {
    const slow = file("0001.sql", "select pg_sleep(0.5); create table first (id int);");
    const outcomes = await Promise.all([migrate(slow, SECOND), migrate(slow, SECOND), migrate(slow, SECOND)]);
    expect(outcomes.map(({ applied }) => applied.length).toSorted()).toEqual([0, 0, 2]);
  });

  test("that end their transaction are refused, not recorded, and told what of them stays", async () => {
    const escaping = file("0001.sql", "create table kept (); commit; begin; create table lost ();");
    await expect(migrate(escaping)).rejects.toMatchObject({
      code: "migration_failed",
      message: expect.stringContaining("0001.sql failed: it ends the transaction it runs in"),
      hint: expect.stringMatching(/^Take COMMIT.* out of 0001\.sql.*stays until the slot's next reset\.$/),
    });
    expect(await tables()).toEqual(["kept"]);
    expect(await pending(escaping)).toEqual(["0001.sql"]);
  });

  test.each([
    "create index concurrently on first (id)",
    "drop index concurrently anything",
    "reindex table concurrently first",
    "vacuum first",
    "create database another",
    "alter system set work_mem = '1GB'",
  ])("with a statement that no transaction takes say what to do: %s", async (statement) => {
    await migrate(FIRST);
    const refused = file("0002.sql", `create table half ();\n${statement};`);
    await expect(migrate(FIRST, refused)).rejects.toMatchObject({
      message: expect.stringContaining("0002.sql failed (SQLSTATE 25001"),
      hint: expect.stringMatching(/Take CONCURRENTLY, VACUUM .* out of 0002\.sql.*backend\.migrate/),
    });
    expect(await tables()).toEqual(["first"]);
  });
});

test("a file that waits for another session's lock in vain names it, and is not said to be wrong", async () => {
  await migrate(FIRST);
  const waiting = file("0002.sql", "set local lock_timeout = '50ms'; alter table first add column more int;");
  const console = new Client({ connectionString: await machine.asSlot(slot) });
  await console.connect();
  try {
    await console.query("begin; select from first");
    const { rows } = await console.query<{ pid: number }>("select pg_backend_pid() as pid");
    const failure = (await migrate(FIRST, waiting).catch((error: unknown) => error)) as OperatorError;
    expect(failure).toMatchObject({
      code: "migration_failed",
      message: expect.stringContaining("0002.sql failed (SQLSTATE 55P03"),
      hint: expect.stringContaining(`It waited for a lock: session ${rows[0]?.pid} holds AccessShareLock on first.`),
    });
    expect(failure.hint).not.toMatch(/Correct it|publish/);
    await console.query("commit");
    expect(await migrate(FIRST, waiting)).toEqual({ applied: ["0002.sql"] });
  } finally {
    await console.end();
  }
});

describe("commands of psql", () => {
  const MADE = "/tmp/oroboros-psql-command-ran";
  const COMMANDS = [
    `\\c app_preview_${other.at(-1)}`,
    "\\connect postgres",
    `\\! touch ${MADE}`,
    `\\o |touch ${MADE}`,
    "\\i /etc/passwd",
    "\\copy first from '/etc/passwd'",
    "\\restrict x",
    "\\set ON_ERROR_STOP 1",
    `select 1 \\g |touch ${MADE}`,
  ];
  const REFUSAL = {
    message: expect.stringMatching(/ failed \(SQLSTATE 42601, line 2\)/),
    hint: expect.stringMatching(/has a command of psql.*INSERT/),
  };

  test.each(COMMANDS)("are syntax errors in a migration, and in a seed: %s", async (command) => {
    await migrate(FIRST);
    const text = `insert into first values (1);\n${command}\ninsert into first values (2);`;
    await expect(migrate(FIRST, file("0002.sql", text))).rejects.toMatchObject({
      code: "migration_failed",
      ...REFUSAL,
    });
    const seeding = seedMigratedDatabase(await machine.access(slot), {
      seed: { version: "v1", sql: text },
      runId: RUN,
    });
    await expect(seeding).rejects.toMatchObject({ code: "seed_failed", ...REFUSAL });
    const template = { migrations: [FIRST], seed: { version: "v1", sql: text } };
    await expect(machine.reset(slot, template)).rejects.toMatchObject({ code: "seed_failed", ...REFUSAL });
    expect(await query(await machine.asSlot(slot), "select id from first")).toEqual([]);
    expect(existsSync(MADE)).toBe(false);
  });
});

describe("what is about to be handed to a program", () => {
  test("is proven by a login first: refused where the database is another run's by now, or somebody else's", async () => {
    const access = await machine.access(slot);
    await proveSlotDatabase(access, { runId: RUN });
    await expect(proveSlotDatabase(access, { runId: OTHER_RUN })).rejects.toMatchObject({ code: "stale_lease" });
    await query(machine.superuserUrl(), "comment on database app_preview_1 is 'somebody else'");
    await expect(proveSlotDatabase(access, { runId: RUN })).rejects.toMatchObject({ code: "not_marked" });
    await machine.setEpoch(slot, "8");
    await expect(machine.reset(slot, { migrations: [], seed: null })).rejects.toMatchObject({ code: "not_marked" });
    await query(
      machine.superuserUrl(),
      `comment on database app_preview_1 is 'oroboros:slot=${slot}:run=none:epoch=7'`,
    );
    await machine.reset(slot, { migrations: [], seed: null });
    await expect(proveSlotDatabase(access, { runId: RUN })).rejects.toMatchObject({ code: "stale_lease" });
  });
});

test("a runner that is killed in the middle of a file leaves nothing of it, and keeps the next one from nothing", async () => {
  const hanging = file("0002.sql", "create table half (); select pg_sleep(1000);");
  const { identity, permit } = await machine.access(slot);
  const claim = `postgresql://${permit.host}:${permit.port}/${permit.database}`;
  const args = [HANG, machine.server.workerUrl, claim, JSON.stringify(identity), JSON.stringify([FIRST, hanging])];
  const runner = spawn(process.execPath, ["--conditions=oroboros-source", ...args], { stdio: "inherit" });
  const ended = once(runner, "exit");
  const sleepers = () => query(machine.superuserUrl(), "select from pg_stat_activity where wait_event = 'PgSleep'");
  await eventually(async () => (await sleepers()).length === 1, DEADLINE);
  runner.kill("SIGKILL");
  expect(await ended).toEqual([null, "SIGKILL"]);
  expect(await migrate(FIRST, SECOND)).toEqual({ applied: [SECOND.name] });
  expect(await tables()).toEqual(["first", "second"]);
});
