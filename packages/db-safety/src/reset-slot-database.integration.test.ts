import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { OperatorError } from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import { sql, type QueryExecutorProvider } from "kysely";
import { Client, Pool } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { connectionEnded } from "../test/connection-ended.ts";
import { provisionedServer, query, SLOTS, type ProvisionedServer } from "../test/provisioned-server.ts";
import type { SqlFile, TemplateSource } from "./index.ts";
import { openHoldingSlot } from "./slot-databases.ts";

const [slot, other] = SLOTS;
const CREATE_NOTES: SqlFile = {
  name: "0001_notes.sql",
  sql: "create table notes (id serial primary key, body text not null);",
};
const NOTES: TemplateSource = {
  migrations: [
    CREATE_NOTES,
    {
      name: "0002_app.sql",
      sql: `create schema app; create extension pg_trgm; create view app.bodies as select body from notes;
        create function app.one() returns int language sql as 'select 1';`,
    },
  ],
  seed: { version: "v1", sql: "insert into notes (body) select 'note ' || n from generate_series(1, 5) n;" },
};
const CONTENT = `select string_agg(id || '=' || body, ',' order by id) as content, nextval('notes_id_seq')::int as next
  from notes`;

let machine: ProvisionedServer;
beforeAll(async () => {
  machine = await provisionedServer();
});
afterAll(() => machine?.stop());
beforeEach(() => machine.reset(slot, NOTES));

const databases = async (): Promise<string[]> => {
  const rows = await query<{ datname: string }>(machine.superuserUrl(), "select datname from pg_database order by 1");
  return rows.map((row) => row.datname);
};
const markedAs = async (): Promise<unknown> => {
  const [row] = await query(
    machine.superuserUrl(),
    "select shobj_description(oid, 'pg_database') as comment from pg_database where datname = 'app_preview_1'",
  );
  return row?.["comment"];
};

describe("a reset", () => {
  test("gives the slot the migrated and seeded content, every object the slot role's own", async () => {
    expect(await query(await machine.asSlot(slot), CONTENT)).toMatchObject([
      { content: expect.stringContaining("1=note 1") },
    ]);
    const owners = await query(
      await machine.asSlot(slot),
      `select relowner::regrole::text as owner from pg_class where relnamespace in ('public'::regnamespace, 'app'::regnamespace, 'oroboros'::regnamespace)
        union select nspowner::regrole::text from pg_namespace where nspname in ('public', 'app', 'oroboros')
        union select extowner::regrole::text from pg_extension where extname = 'pg_trgm'`,
    );
    expect(owners).toEqual([{ owner: "slot_1" }]);
  });

  test("of the same source gives the same content, whatever the slot did to it", async () => {
    const first = await query(await machine.asSlot(slot), CONTENT);
    await query(
      await machine.asSlot(slot),
      "insert into notes (body) values ('mine'); drop view app.bodies; create table junk ()",
    );
    const report = await machine.reset(slot, NOTES);
    expect(report).toMatchObject({ templateCreated: false, templateHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await query(await machine.asSlot(slot), CONTENT)).toEqual(first);
    expect(await query(await machine.asSlot(slot), "select to_regclass('junk') as junk")).toEqual([{ junk: null }]);
  });

  test("writes the lease into the slot's database and marks it", async () => {
    const lease = await query(
      await machine.asSlot(slot),
      "select slot_id, run_id, lease_epoch from oroboros.slot_lease",
    );
    expect(lease).toEqual([{ slot_id: slot, run_id: "6a1f0c1e-58f5-4f0e-9a70-1a1c51d2f5aa", lease_epoch: "7" }]);
    expect(await markedAs()).toBe("oroboros:slot=preview-1:run=6a1f0c1e-58f5-4f0e-9a70-1a1c51d2f5aa:epoch=7");
  });

  test("for no run, as on a free slot, is marked so and is a slot's database like any other", async () => {
    await machine.reset(slot, NOTES, undefined, null);
    expect(await markedAs()).toBe("oroboros:slot=preview-1:run=none:epoch=7");
    expect(await query(await machine.asSlot(slot), "select run_id from oroboros.slot_lease")).toEqual([
      { run_id: null },
    ]);
    await machine.reset(slot, NOTES);
  });

  test("with ten busy clients ends their sessions, and none is in the old database any more", async () => {
    const pool = new Pool({ connectionString: await machine.asSlot(slot), max: 10 });
    pool.on("error", () => undefined);
    try {
      await pool.query("insert into notes (body) values ('old')");
      let isReset = false;
      const clients = Array.from({ length: 10 }, async () => {
        while (!isReset) await pool.query("select pg_sleep(0.01)").catch(() => undefined);
      });
      await eventually(() => pool.totalCount === 10, { deadlineMs: 60_000 });
      await machine.reset(slot, NOTES);
      isReset = true;
      await Promise.all(clients);
      const old = "select body from notes where body = 'old'";
      expect(await query(await machine.asSlot(slot), old)).toEqual([]);
      // The same grant's login has another password by now; who was in the middle of a login may be let in to the new one.
      const asBefore = await pool.query(old).catch(() => ({ rows: [] }));
      expect(asBefore.rows).toEqual([]);
    } finally {
      await pool.end();
    }
    expect(await databases()).not.toContain("retired_1");
  });

  test("leaves the other slot's database and its sessions alone", async () => {
    await machine.reset(other, NOTES);
    const client = new Client({ connectionString: await machine.asSlot(other) });
    await client.connect();
    await machine.reset(slot, NOTES);
    expect((await client.query("select current_database() as name")).rows).toEqual([{ name: "app_preview_2" }]);
    await client.end();
  });

  test("removes what a killed reset left behind, by exact name", async () => {
    await query(machine.superuserUrl(), "create database spare_1 owner oroboros_worker");
    await query(machine.superuserUrl(), "create database retired_1 owner oroboros_worker");
    await query(machine.superuserUrl(), "comment on database retired_1 is 'oroboros:slot=preview-1:run=none:epoch=1'");
    await query(machine.superuserUrl(), "create database retired_11 owner oroboros_worker");
    await machine.reset(slot, NOTES);
    const left = await databases();
    expect(left).not.toContain("spare_1");
    expect(left).not.toContain("retired_1");
    expect(left).toContain("retired_11");
  });

  test("lets the slot's role into the new database only once the lease is held", async () => {
    const early: unknown[] = [];
    await machine.reset(slot, NOTES, async () => {
      early.push(await query(await machine.asSlot(slot, "spare_1"), "select 1").catch((error: unknown) => error));
    });
    expect(early).toMatchObject([{ code: "55000" }]);
  });

  test("two at once both finish, one after the other", async () => {
    await Promise.all([machine.reset(slot, NOTES), machine.reset(slot, NOTES)]);
    expect(await query(await machine.asSlot(slot), CONTENT)).toMatchObject([{ next: 6 }]);
  });

  test("builds a template again that a killed build left half-made", async () => {
    const source = { ...NOTES, seed: { version: "v2", sql: "insert into notes (body) values ('whole')" } };
    const { templateHash } = await machine.reset(slot, source);
    const template = `seed_${templateHash.slice(0, 32)}`;
    await query(machine.superuserUrl(), `alter database ${template} with is_template false allow_connections true`);
    await query(machine.superuserUrl(), `comment on database ${template} is null`);
    await query(machine.superuserUrl(template), "delete from notes");
    expect(await machine.reset(slot, source)).toMatchObject({ templateCreated: true });
    expect(await query(await machine.asSlot(slot), "select body from notes")).toEqual([{ body: "whole" }]);
  });
});

describe("a reset that fails leaves the old database serving, unchanged", () => {
  const stays = async (act: () => Promise<unknown>): Promise<OperatorError> => {
    await query(await machine.asSlot(slot), "insert into notes (body) values ('kept')");
    const before = await markedAs();
    const error = await act().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(await query(await machine.asSlot(slot), "select body from notes where body = 'kept'")).toHaveLength(1);
    expect(await markedAs()).toBe(before);
    if (!(error instanceof OperatorError)) throw new Error("the reset did not fail with a code", { cause: error });
    return error;
  };

  test("when the lease is stale", async () => {
    const stale = new OperatorError("stale_lease", "The lease is gone.", { hint: "Stop." });
    const error = await stays(() => machine.reset(slot, NOTES, () => Promise.reject(stale)));
    expect(error.code).toBe("stale_lease");
  });

  test("when the caller's transaction aborts after the swap", async () => {
    const abort = async (tx: QueryExecutorProvider): Promise<void> => {
      await sql`create temporary table reset_guard (n int primary key deferrable initially deferred) on commit drop`.execute(
        tx,
      );
      await sql`insert into reset_guard values (1), (1)`.execute(tx);
    };
    const error = await stays(() => machine.reset(slot, { ...NOTES, seed: null }, abort, null));
    expect(error.code).toBe("reset_failed");
    expect(error.hint).toMatch(/: oroboros db reset --slot preview-1$/);
  });

  test("when a migration fails, naming file, SQLSTATE and line", async () => {
    const broken = { name: "0003_broken.sql", sql: "create table ok ();\nselect 'ü';\nselect nothing from nowhere;" };
    const error = await stays(() => machine.reset(slot, { ...NOTES, migrations: [CREATE_NOTES, broken] }));
    expect(error.code).toBe("migration_failed");
    expect(error.message).toContain("0003_broken.sql failed (SQLSTATE 42P01, line 3)");
  });

  test("when the seed fails, and no half-built template stays", async () => {
    const before = await databases();
    const seed = { version: "v9", sql: "insert into notes (body) values (null)" };
    const error = await stays(() => machine.reset(slot, { ...NOTES, seed }));
    expect(error.code).toBe("seed_failed");
    expect(error.message).toContain("Seed v9 failed (SQLSTATE 23502)");
    expect(await databases()).toEqual(before);
  });

  test("when a session that the worker may not end stays in it", async () => {
    const superuser = new Client({ connectionString: machine.superuserUrl("app_preview_1") });
    await superuser.connect();
    const error = await stays(() => machine.reset(slot, NOTES));
    await superuser.end();
    expect(error.code).toBe("reset_failed");
    expect(error.hint).toMatch(
      /: oroboros db reset-and-seed --slot preview-1 --run-id [0-9a-f-]{36} --seed-version v1$/,
    );
  });
});

test("main's SQL in a template can not become the worker", async () => {
  const sneaky = { name: "0003_sneaky.sql", sql: "set role oroboros_worker;" };
  const failed = await machine
    .reset(slot, { ...NOTES, migrations: [...NOTES.migrations, sneaky] })
    .catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: "migration_failed", message: expect.stringContaining("SQLSTATE 42501") });
});

test("a reset whose process hangs keeps the slot from nobody for long, and swaps nothing when it wakes up", async () => {
  let wakeUp: () => void = () => undefined;
  let isAtSwap = false;
  const hanging = machine.reset(slot, NOTES, async () => {
    isAtSwap = true;
    await new Promise<void>((resolve) => (wakeUp = resolve));
  });
  const failed = expect(hanging).rejects.toMatchObject({ code: "reset_failed" });
  await eventually(() => isAtSwap, { deadlineMs: 60_000 });
  await machine.reset(slot, NOTES);
  const oid = "select oid from pg_database where datname = 'app_preview_1'";
  const before = await query(machine.superuserUrl(), oid);
  wakeUp();
  await failed;
  expect(await query(machine.superuserUrl(), oid)).toEqual(before);
});

describe("a process that stops for good keeps a slot's databases from nobody for long", () => {
  const start = (): ChildProcessByStdio<null, Readable, null> => {
    const program = fileURLToPath(new URL("../test/hold-and-stop.ts", import.meta.url));
    const argv = ["--conditions=oroboros-source", program, machine.server.workerUrl];
    const started = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void started.kill("SIGKILL"));
    return started;
  };

  test("while it holds them", async () => {
    await once(start().stdout, "data");
    expect(await machine.reset(slot, NOTES)).toMatchObject({ kept: false });
  });

  test("while it waits for them", async () => {
    await using holder = await openHoldingSlot(machine.permit(slot), machine.server);
    const stopped = start();
    const waiting = "select 1 from pg_stat_activity where wait_event = 'advisory'";
    await eventually(async () => (await query(machine.superuserUrl(), waiting)).length === 1, { deadlineMs: 60_000 });
    stopped.kill("SIGSTOP");
    await holder[Symbol.asyncDispose]();
    expect(await machine.reset(slot, NOTES)).toMatchObject({ kept: false });
  });
});

test("what a login has set for itself does not outlive the database that it had", async () => {
  await machine.reset(slot, NOTES);
  await query(await machine.asSlot(slot), "set role none; alter role slot_1_e7 set statement_timeout = '1ms'");
  await query(machine.superuserUrl(), "alter role slot_1_e7 in database app_preview_2 set work_mem = '1MB'");
  await machine.reset(slot, NOTES);
  expect(await query(await machine.asSlot(slot), "select current_user as role, pg_sleep(0.01)::text as slept")).toEqual(
    [{ role: "slot_1", slept: "" }],
  );
  const settings = "select setconfig from pg_db_role_setting where setrole = 'slot_1_e7'::regrole";
  expect(await query(machine.superuserUrl(), settings)).toEqual([{ setconfig: ["temp_file_limit=512MB"] }]);
});

describe("another grant", () => {
  const OLD = { code: "28000" };

  test("refuses the sessions of the one before, also a pool that comes again", async () => {
    await machine.reset(slot, NOTES);
    const pool = new Pool({ connectionString: await machine.asSlot(slot), max: 10 });
    pool.on("error", () => undefined);
    await Promise.all(Array.from({ length: 10 }, () => pool.query("select pg_sleep(0.02)")));
    await machine.setEpoch(slot, "8");
    await machine.reset(slot, NOTES);
    for (let round = 0; round < 12; round += 1) {
      await expect(pool.query("insert into notes values ('late')").catch(lost)).rejects.toMatchObject(OLD);
    }
    await pool.end();
    expect(await query(await machine.asSlot(slot), "select body from notes where body = 'late'")).toEqual([]);
  });

  test("leaves no login behind but that of the one before, which can not log in", async () => {
    for (const epoch of ["9", "10", "11"]) {
      await machine.setEpoch(slot, epoch);
      await machine.reset(slot, NOTES);
    }
    const logins = "select rolname, rolcanlogin from pg_roles where rolname ~ '^slot_1_e' order by oid";
    expect(await query(machine.superuserUrl(), logins)).toEqual([
      { rolname: "slot_1_e10", rolcanlogin: false },
      { rolname: "slot_1_e11", rolcanlogin: true },
    ]);
  });

  test("that is not the lease's any more rotates and swaps nothing", async () => {
    await machine.reset(slot, NOTES);
    const before = await machine.access(slot);
    const late = machine.reset(slot, NOTES, async () => machine.setEpoch(slot, "99"));
    await expect(late).rejects.toMatchObject({ code: "stale_lease" });
    expect((await machine.access(slot)).identity).toEqual(before.identity);
    expect(await query(await machine.asSlot(slot), "select 1 as up")).toEqual([{ up: 1 }]);
  });
});

/** What a connection that was ended says first; the next one is refused for who it is. */
const lost = (error: Error): Promise<never> =>
  Promise.reject(connectionEnded(error) ? Object.assign(new Error("ended"), { code: "28000" }) : error);
