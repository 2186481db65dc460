import { existsSync } from "node:fs";
import { OperatorError, slotLogin, type LeaseEpoch } from "@oroboros/slot-contract";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { actsOf, type Act } from "../test/destructive-acts.ts";
import { OTHER_RUN, provisionedServer, query, SLOTS, type ProvisionedServer } from "../test/provisioned-server.ts";
import { serverChecksum } from "../test/server-checksum.ts";
import { migrateSlotDatabase, seedMigratedDatabase, seedSlotDatabase } from "./index.ts";

const [slot, other] = SLOTS;
const EPOCH = "7" as LeaseEpoch;
const NOTES = { migrations: [{ name: "0001_notes.sql", sql: "create table notes (body text)" }], seed: null };

let machine: ProvisionedServer;
beforeAll(async () => {
  machine = await provisionedServer();
  await machine.reset(other, NOTES);
});
afterAll(() => machine?.stop());

const freshSlot = async (): Promise<void> => {
  await machine.setEpoch(slot, EPOCH);
  await machine.reset(slot, NOTES, undefined, OTHER_RUN);
};

// A slot's database makes whoever comes in the slot's role.
const superuserUrl = (database?: string): string => `${machine.superuserUrl(database)}?options=-crole%3Dnone`;
const administer = (text: string, database?: string) => query(superuserUrl(database), text);

/** The whole server, but for the list of templates, which a failed or an unneeded one is on too. */
const wholeServer = async () => ({
  ...(await serverChecksum(superuserUrl)),
  "builder_control: slot_access.template_databases": "",
});

async function outcome(act: () => unknown): Promise<unknown> {
  try {
    await act();
    return "done";
  } catch (error) {
    return error instanceof OperatorError ? error.code : error;
  }
}

/** The acts of somebody who was given the slot at this moment. */
async function actsFromNow(): Promise<Readonly<Record<string, () => Promise<unknown>>>> {
  const { identity } = await machine.access(slot);
  const acts = actsOf({
    slot,
    server: machine.server,
    leaseEpoch: EPOCH,
    identity: async () => identity,
    transaction: machine.transaction,
  });
  const permit = machine.permit(slot);
  return Object.fromEntries(Object.entries(acts).map(([name, act]: [string, Act]) => [name, () => act(permit)]));
}

async function outcomes(acts: Readonly<Record<string, () => unknown>>): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  for (const [name, act] of Object.entries(acts)) all[name] = await outcome(act);
  return all;
}

const IN_THE_DATABASE = [
  "seedSlotDatabase",
  "seedMigratedDatabase",
  "planMigration",
  "migrateSlotDatabase",
  "proveSlotDatabase",
];
const READING = ["slotDatabaseUrl", "measureSlotDatabase"];
const each = (names: readonly string[], code: string): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, code]));

describe("a database that took the place of the slot's", () => {
  beforeEach(freshSlot);
  const swapAway = async (marker: string | null): Promise<void> => {
    const login = slotLogin(slot, EPOCH);
    const [live] = await administer(
      "select shobj_description(oid, 'pg_database') as text from pg_database where datname = 'app_preview_1'",
    );
    await administer("alter database app_preview_1 rename to moved");
    await administer("create database app_preview_1 owner oroboros_db");
    await administer("create table orders as select generate_series(1, 100) as id", "app_preview_1");
    await administer(`grant connect on database app_preview_1 to ${login}`);
    await administer("alter database app_preview_1 set role = slot_1");
    const comment = marker ?? String(live?.["text"]);
    await administer(`comment on database app_preview_1 is '${comment}'`);
  };
  afterEach(async () => {
    await administer("drop database app_preview_1 with (force)");
    await administer("alter database moved rename to app_preview_1");
  });
  const orders = () => administer("select count(*)::int as orders from orders", "app_preview_1");

  test.each([
    ["with the very marker of the slot's", null, "identity_mismatch", "identity_mismatch"],
    [
      "with another slot's marker",
      "oroboros:slot=preview-2:run=none:epoch=0",
      "identity_mismatch",
      "identity_mismatch",
    ],
    ["without a marker", "precious", "identity_mismatch", "not_marked"],
    ["with something like a marker", "oroboros:slot=preview-1", "identity_mismatch", "not_marked"],
  ])(
    "%s is refused by whoever comes into it and by whoever swaps it, and keeps its rows",
    async (_, marker, inside, swapping) => {
      const acts = await actsFromNow();
      await swapAway(marker);
      const found = await outcomes(acts);
      expect(found).toMatchObject({ ...each(IN_THE_DATABASE, inside), resetSlotDatabase: swapping });
      expect(await orders()).toEqual([{ orders: 100 }]);
    },
  );

  test("is not swapped out either for one that was kept", async () => {
    await machine.reset(slot, NOTES, undefined, OTHER_RUN, { keepOld: true });
    const acts = await actsFromNow();
    await swapAway(null);
    expect(await outcome(() => acts["restoreKeptDatabase"]?.())).toBe("identity_mismatch");
    expect(await orders()).toEqual([{ orders: 100 }]);
  });
});

/** What the slot serves and keeps, and who may come in; its next database may be prepared by anybody. */
async function ofTheSlot() {
  const whole = await serverChecksum(superuserUrl);
  return {
    identity: (await machine.access(slot)).identity,
    databases: await administer(
      `select oid, datname, datacl::text, datallowconn, shobj_description(oid, 'pg_database') from pg_database
      where datname in ('app_preview_1', 'kept_1') order by 1`,
    ),
    login: await administer("select * from pg_authid where rolname = 'slot_1_e8'"),
    content: Object.entries(whole).filter(([part]) => part.startsWith("app_preview_")),
  };
}

describe("somebody whose lease was lost after the judge had permitted the work", () => {
  beforeEach(freshSlot);
  test("changes nothing of what the slot has now", async () => {
    const acts = await actsFromNow();
    await machine.setEpoch(slot, "8");
    await machine.reset(slot, NOTES, undefined, OTHER_RUN, { keepOld: true });
    const before = await ofTheSlot();
    const { prepareSpareDatabase: _, ...needed } = acts;
    const found = await outcomes(needed);
    const changing = Object.keys(needed).filter((name) => !READING.includes(name));
    expect(found).toEqual({ ...found, ...each(changing, "stale_lease") });
    expect(await ofTheSlot()).toEqual(before);
  });
});

/** What a seed might hold that was written for psql and for a superuser. Nothing of it can be of use here. */
const WAYS_OUT: [what: string, sql: string][] = [
  ["psql's connect", "\\c builder_control"],
  ["psql's shell", "\\! touch /tmp/oroboros-way-out"],
  ["psql's copy", "\\copy notes from program 'touch /tmp/oroboros-way-out'"],
  ["psql's include", "\\i /etc/passwd"],
  ["a program", "copy notes from program 'touch /tmp/oroboros-way-out'"],
  ["a program that writes", "copy notes to program 'cat > /tmp/oroboros-way-out'"],
  ["a file", "copy notes to '/tmp/oroboros-way-out'"],
  ["a file that is read", "copy notes from '/etc/passwd'"],
  ["a function that reads files", "select pg_read_file('/etc/passwd')"],
  ["a function that lists files", "select pg_ls_dir('/')"],
  ["a large object's export", "select lo_export(lo_from_bytea(0, 'x'), '/tmp/oroboros-way-out')"],
  ["a large object's import", "select lo_import('/etc/passwd')"],
  ["another role", "set role postgres"],
  ["another slot's role", "set role slot_2"],
  ["the worker's role", "set role oroboros_worker"],
  ["another session", "set session authorization postgres"],
  ["a role's rights", "alter role current_user superuser"],
  ["a new role", "create role evil superuser login"],
  ["a membership", "grant oroboros_db to current_user"],
  ["the server's settings", "alter system set log_statement = 'none'"],
  ["another database", "drop database app_preview_2"],
  ["another database, after its transaction", "commit; drop database app_preview_2"],
  ["its own database", "commit; drop database app_preview_1"],
  ["its own database's name", "alter database app_preview_1 rename to evil"],
  ["its own database's marker", "comment on database app_preview_1 is 'oroboros:slot=preview-2:run=none:epoch=9'"],
  ["another server", "create extension dblink"],
  ["a foreign server", "create extension postgres_fdw"],
  ["an untrusted language", "create extension plpython3u"],
  ["a library", "load '/tmp/evil.so'"],
  [
    "a function of the system",
    "create function evil() returns int language c as '/lib/x86_64-linux-gnu/libc.so.6', 'system'",
  ],
  ["an event trigger", "create event trigger evil on ddl_command_start execute function pg_catalog.now()"],
  [
    "another's session",
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres' or 1 / 0 > 0",
  ],
  ["the system's catalog", "update pg_catalog.pg_database set datallowconn = true"],
  ["what the runtime may call", "select slot_access.lock_out(2, 7)"],
  ["a subscription", "create subscription evil connection 'host=127.0.0.1' publication evil"],
  ["a tablespace", "commit; create tablespace evil location '/tmp'"],
  ["a prepared transaction", "prepare transaction 'evil'"],
];

describe("a seed or a migration that tries to leave through", () => {
  let before: unknown;
  beforeAll(async () => {
    await freshSlot();
    before = await wholeServer();
  });

  test.each(WAYS_OUT)("%s fails", async (_, text) => {
    const access = await machine.access(slot);
    const seed = { version: "v1", sql: text };
    const migrations = [...NOTES.migrations, { name: "0002_out.sql", sql: text }];
    expect(await outcome(() => seedSlotDatabase(access, { seed, runId: null }))).toBe("seed_failed");
    expect(await outcome(() => seedMigratedDatabase(access, { seed, runId: null }))).toBe("seed_failed");
    expect(await outcome(() => migrateSlotDatabase(access, { migrations }))).toBe("migration_failed");
    expect(await outcome(() => machine.reset(slot, { ...NOTES, seed }, undefined, OTHER_RUN))).toBe("seed_failed");
  });

  test("all of them, and the whole server is as it was", async () => {
    expect(await wholeServer()).toEqual(before);
    expect(existsSync("/tmp/oroboros-way-out")).toBe(false);
  });
});
