import { CONTROL_DATABASE } from "@oroboros/slot-contract";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { provisionedServer, query, SLOTS, type ProvisionedServer } from "../test/provisioned-server.ts";
import { scramVerifier } from "./scram-verifier.ts";

const [slot, other] = SLOTS;
const EMPTY = { migrations: [{ name: "0001.sql", sql: "create table notes (body text)" }], seed: null };
const DENIED = "42501";

let machine: ProvisionedServer;
let before: unknown;
beforeAll(async () => {
  machine = await provisionedServer();
  await machine.setEpoch(other, "9");
  for (const each of SLOTS) await machine.reset(each, EMPTY);
  before = await cluster();
});
afterAll(() => machine?.stop());

/** Everything that a slot must not change: databases, roles, memberships, their settings, and who owns the control tables. */
const cluster = (): Promise<unknown> =>
  Promise.all(
    [
      "select oid, datname, datdba, datacl, datallowconn, datconnlimit, shobj_description(oid, 'pg_database') from pg_database order by 1",
      "select oid, rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolconnlimit, rolpassword, rolvaliduntil, rolbypassrls from pg_authid order by 1",
      "select roleid, member, grantor, admin_option from pg_auth_members order by 1, 2",
      "select * from pg_db_role_setting order by 1, 2",
      "select name, setting from pg_file_settings order by 1, 2",
      "select spcname from pg_tablespace order by 1",
      "select slot_name from pg_replication_slots",
      "select subname from pg_subscription",
    ].map((text) => query(machine.superuserUrl(), text)),
  );

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  onTestFinished(() => client.end().catch(() => undefined));
  return client;
}

const codeOf = (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => "allowed",
    (error: unknown) => String((error as { code?: string }).code ?? error),
  );

/** What a slot's login tries in its own database, and the SQLSTATE that comes out. Each is one statement or one transaction. */
const REFUSED: Record<string, [statement: string, code?: string][]> = {
  "the host": [
    ["copy (select 1) to program 'touch /tmp/x'"],
    ["create table c (t text); copy c from program 'id'"],
    ["copy (select 1) to '/tmp/x'"],
    ["create table c (t text); copy c from '/etc/passwd'"],
    ["select pg_read_file('/etc/passwd')"],
    ["select pg_read_binary_file('postgresql.conf')"],
    ["select pg_ls_dir('/')"],
    ["select pg_stat_file('/etc/passwd')"],
    ["select pg_ls_logdir()"],
    ["select pg_ls_waldir()"],
    ["select pg_current_logfile()"],
    ["select lo_import('/etc/passwd')"],
    ["select lo_export(lo_from_bytea(0, 'x'), '/tmp/x')"],
    ["create function f() returns int language c as '/tmp/evil.so'"],
    ["create function f() returns int language internal as 'pg_reload_conf'"],
    ["load '/tmp/evil.so'"],
    ["create tablespace t location '/tmp'"],
    ["set local session_preload_libraries = 'evil'"],
    ["show data_directory"],
    ["show hba_file"],
    ["create text search template t (lexize = dsimple_lexize)"],
    ["create text search dictionary d (template = ispell, dictfile = '../../../../etc/passwd')", "22023"],
  ],
  "the server": [
    ["alter system set work_mem = '1GB'"],
    ["select pg_reload_conf()"],
    ["select pg_rotate_logfile()"],
    ["checkpoint"],
    ["select pg_switch_wal()"],
    ["select pg_create_restore_point('x')"],
    ["select pg_create_physical_replication_slot('s')"],
    ["select pg_create_logical_replication_slot('s', 'pgoutput')"],
    ["select pg_backup_start('x')"],
    ["select pg_promote()"],
    ["select pg_stat_reset()"],
    ["select pg_stat_reset_shared('bgwriter')"],
    ["select * from pg_file_settings"],
    ["select * from pg_hba_file_rules"],
    ["select * from pg_authid"],
    ["select * from pg_shadow"],
    ["select subconninfo from pg_subscription"],
    ["create subscription s connection 'host=127.0.0.1' publication p"],
    ["create publication p for all tables"],
    ["create event trigger e on ddl_command_start execute function pg_event_trigger_ddl_commands()"],
    ["create foreign data wrapper w"],
    ["create access method m type table handler heap_tableam_handler"],
    ["create cast (text as integer) without function"],
    ["create operator class o for type integer using btree as storage integer"],
    ["create type base_type (input = boolin, output = boolout)"],
    ["begin; create table p (); prepare transaction 'p'", "55000"],
    ["security label on table notes is 'x'", "22023"],
  ],
  "the catalog": [
    ["update pg_database set datname = 'x'"],
    ["update pg_class set relowner = 10"],
    ["insert into pg_auth_members values (10, 10, 10, true)"],
    ["delete from pg_db_role_setting"],
    ["create table pg_catalog.t ()"],
    ["create function pg_catalog.lower(integer) returns text language sql as 'select null'"],
    ["alter function pg_catalog.now() owner to current_user"],
    ["create view pg_catalog.pg_roles2 as select 1"],
    ["begin; lock table pg_catalog.pg_database in row exclusive mode"],
    ["begin; lock table pg_catalog.pg_authid in access share mode"],
    ["select from pg_catalog.pg_database for update"],
    ["reindex table pg_catalog.pg_database"],
    ["set local allow_system_table_mods = on"],
  ],
  roles: [
    ["create role r"],
    ["drop role slot_2"],
    ["alter role slot_2 login"],
    ["alter role postgres password 'x'"],
    ["alter role oroboros_worker password 'x'"],
    ["alter role slot_2 set search_path = public"],
    ["alter role all set search_path = public"],
    ["alter role current_user superuser"],
    ["alter role current_user createrole"],
    ["alter role session_user login connection limit -1"],
    ["alter role session_user valid until 'infinity'"],
    ["set role none; alter role slot_1_e7 rename to postgres2", "0A000"],
    ["alter role session_user set temp_file_limit = -1"],
    ["alter role session_user set session_preload_libraries = 'evil'"],
    ["grant slot_1 to slot_2"],
    ["grant slot_2 to slot_1"],
    ["grant oroboros_db to session_user"],
    ["grant pg_execute_server_program to session_user"],
    ["set role none; grant slot_1_e7 to slot_2"],
    ["set role none; grant slot_1_e7 to oroboros_worker with admin option"],
    ["set role slot_2"],
    ["set role oroboros_db"],
    ["set role oroboros_rotator"],
    ["set role oroboros_worker"],
    ["set role slot_seed"],
    ["set session authorization postgres"],
    ["set session authorization slot_2_e9"],
    ["reassign owned by slot_1 to slot_2"],
    ["reassign owned by slot_seed to slot_1"],
    ["drop owned by slot_2"],
    ["alter table notes owner to slot_2"],
    ["alter default privileges for role slot_2 grant all on tables to public"],
  ],
  "other databases": [
    ["create database d"],
    ["drop database app_preview_1"],
    ["drop database app_preview_2"],
    ["drop database builder_control"],
    ["alter database app_preview_2 rename to x"],
    ["alter database app_preview_1 rename to x"],
    ["alter database app_preview_1 owner to slot_1"],
    ["alter database app_preview_1 set role = none"],
    ["alter database app_preview_2 connection limit 0"],
    ["alter database builder_control with allow_connections false"],
    ["comment on database app_preview_1 is 'oroboros:slot=preview-2:run=none:epoch=9'"],
    ["comment on database app_preview_2 is ''"],
    ["grant connect on database app_preview_2 to public"],
    ["grant connect on database builder_control to slot_1"],
    ["create extension dblink"],
    ["create extension postgres_fdw"],
    ["create extension file_fdw"],
    ["create extension adminpack"],
  ],
  "its limits": [
    ["set temp_file_limit = -1"],
    ["select set_config('temp_file_limit', '-1', false)"],
    ["set session_replication_role = replica"],
    ["set log_min_messages = panic"],
    ["set log_statement = 'all'"],
    ["set max_stack_depth = '1GB'"],
    ["set zero_damaged_pages = on"],
    ["set ignore_checksum_failure = on"],
    ["set track_activities = off"],
    ["set lc_messages = 'C'"],
    [
      "set work_mem = '64kB'; select count(*) from (select repeat(md5(n::text), 30000) v from generate_series(1, 700) n order by v offset 1) s",
      "53400",
    ],
  ],
};

describe.each(Object.entries(REFUSED))("out of its database to %s", (_, attempts) => {
  test.each(attempts)("%s is refused", async (statement, code = DENIED) => {
    const session = await connect(await machine.asSlot(slot));
    expect(await codeOf(session.query(statement))).toBe(code);
  });
});

test("an external entity in XML reads no file", async () => {
  const entity = `<!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/passwd">]><f>&x;</f>`;
  const [row] = await query(await machine.asSlot(slot), `select xmlparse(document '${entity}')::text as text`).catch(
    () => [],
  );
  expect(String(row?.["text"])).not.toContain("root:");
});

test("of the extensions on the host it makes those that PostgreSQL trusts, and no other", async () => {
  const session = await connect(await machine.asSlot(slot));
  const { rows } = await session.query<{ name: string; isTrusted: boolean }>(`
    select distinct on (name) name, trusted as "isTrusted" from pg_available_extension_versions
    where name <> 'plpgsql' order by name, trusted`);
  const outcomes: Record<string, string> = {};
  for (const { name } of rows) {
    await session.query("begin");
    outcomes[name] = await codeOf(session.query(`create extension "${name}" cascade`));
    await session.query("rollback");
  }
  const expected = rows.map(({ name, isTrusted }) => [name, isTrusted ? "allowed" : DENIED]);
  // Those for another language need the language, which is not there.
  const known = Object.entries(outcomes).filter(([, code]) => ["allowed", DENIED].includes(code));
  expect(Object.fromEntries(known)).toEqual(
    Object.fromEntries(expected.filter(([name]) => known.some(([each]) => each === name))),
  );
  expect(rows.length).toBeGreaterThan(30);
});

test("it connects to no other database, over TCP or as a replica", async () => {
  const databases = await query<{ datname: string }>(
    machine.superuserUrl(),
    "select datname from pg_database where datname <> 'app_preview_1' order by 1",
  );
  for (const { datname } of databases) {
    const code = await codeOf(query(await machine.asSlot(slot, datname), "select 1"));
    expect([datname, ["42501", "55000"].includes(code)]).toEqual([datname, true]);
  }
  expect(databases.map(({ datname }) => datname)).toEqual(
    expect.arrayContaining(["app_preview_2", CONTROL_DATABASE, "postgres", "template1"]),
  );
  const url = `${await machine.asSlot(slot)}?replication=database`;
  expect(await codeOf(query(url, "IDENTIFY_SYSTEM"))).toMatch(/^(42501|28000)$/);
});

test("it sees names of databases and roles, and of others' sessions no statement and no address", async () => {
  await connect(machine.asApi);
  const [row] = await query<{ texts: string[]; databases: number }>(
    await machine.asSlot(slot),
    `select array_agg(distinct query) as texts, (select count(*)::int from pg_database) as databases
     from pg_stat_activity where usename <> session_user`,
  );
  expect(row?.texts).toEqual(["<insufficient privilege>"]);
  expect(row?.databases).toBeGreaterThan(5);
});

test("it ends, cancels and inspects nobody else's session", async () => {
  const others = await Promise.all([machine.asApi, machine.superuserUrl(), await machine.asSlot(other)].map(connect));
  const attacker = await connect(await machine.asSlot(slot));
  for (const victim of others) {
    const { rows } = await victim.query<{ pid: number }>("select pg_backend_pid() as pid");
    for (const act of ["pg_terminate_backend", "pg_cancel_backend", "pg_log_backend_memory_contexts"])
      expect(await codeOf(attacker.query(`select ${act}(${rows[0]?.pid})`))).toBe(DENIED);
    await victim.query("select 1");
  }
});

test("granting and revoking what it does not own warns, and changes nothing", async () => {
  const session = await connect(await machine.asSlot(slot));
  await session.query("grant connect, create on database app_preview_1 to public");
  await session.query("revoke connect on database app_preview_1 from slot_1_e7");
  expect(await cluster()).toEqual(before);
});

describe("what it holds or floods", () => {
  const keys = [
    "oroboros:reset:preview-1",
    "oroboros:reset:preview-2",
    "oroboros:provision",
    "oroboros:migrate",
    "oroboros:events",
  ];

  test("an advisory lock under the runtime's own keys keeps nobody waiting: another database has other locks", async () => {
    const session = await connect(await machine.asSlot(slot));
    for (const key of keys) await session.query("select pg_advisory_lock(hashtextextended($1, 0))", [key]);
    await session.query("select pg_advisory_lock(n) from generate_series(-20, 20) n");
    await machine.reset(other, EMPTY);
    expect(await machine.provision()).toEqual({ changed: [] });
    await machine.reset(slot, EMPTY);
  });

  test("all of its connections are twenty, and neither its reset nor its neighbour needs one of them", async () => {
    const hoard = await Promise.all(Array.from({ length: 20 }, async () => connect(await machine.asSlot(slot))));
    expect(await codeOf(query(await machine.asSlot(slot), "select 1"))).toBe("53300");
    await query(await machine.asSlot(other), "select 1");
    await query(machine.asApi, "select 1");
    await machine.reset(slot, EMPTY);
    expect(await codeOf(Promise.all(hoard.map((each) => each.query("select 1"))))).not.toBe("allowed");
  });

  test("a storm of logins while its own and its neighbour's databases are swapped stops neither", async () => {
    let isOver = false;
    const url = await machine.asSlot(slot);
    const storm = Array.from({ length: 8 }, async () => {
      while (!isOver) await codeOf(query(url, "set role none; alter role slot_1_e7 set work_mem = '8MB'"));
    });
    await machine.reset(other, EMPTY);
    await machine.reset(slot, EMPTY);
    isOver = true;
    await Promise.all(storm);
    await query(machine.superuserUrl(), "alter role slot_1_e7 reset all");
  });

  test("a notification reaches nobody in another database", async () => {
    const listener = await connect(machine.asApi);
    const heard: string[] = [];
    listener.on("notification", ({ payload }) => void heard.push(payload ?? ""));
    await listener.query("listen run_events");
    await query(await machine.asSlot(slot), "select pg_notify('run_events', 'forged')");
    await query(machine.asApi, "select pg_notify('run_events', 'real')");
    await listener.query("select 1");
    expect(heard).toEqual(["real"]);
  });

  // Open: `prepare_login` drops the role that the other slot's next login will be, and a right given to it forbids that.
  test("a right that it gives to another slot's logins keeps that slot from no database", async () => {
    const again = (n: number) => ({
      migrations: [...EMPTY.migrations, { name: "0002.sql", sql: `select ${n}` }],
      seed: null,
    });
    onTestFinished(async () => void (await machine.reset(slot, EMPTY)));
    await machine.prepare(other, again(1));
    const logins = await query<{ rolname: string }>(
      machine.superuserUrl(),
      "select rolname from pg_roles where starts_with(rolname, 'slot_2')",
    );
    await query(await machine.asSlot(slot), "create table given ()");
    for (const { rolname } of logins) await query(await machine.asSlot(slot), `grant all on given to ${rolname}`);
    await machine.prepare(other, again(2));
    await machine.reset(other, again(3));
    await query(await machine.asSlot(other), "select from notes");
  });

  test("dropping all that it owns, or shutting its own login out, harms its own slot, until the next reset", async () => {
    await query(await machine.asSlot(slot), "drop owned by slot_1");
    await machine.reset(slot, EMPTY);
    await query(await machine.asSlot(slot), "set role none; alter role slot_1_e7 password null");
    expect(await codeOf(query(await machine.asSlot(slot), "select 1"))).toBe("28P01");
    await machine.reset(slot, EMPTY);
    await query(await machine.asSlot(slot), "select from notes");
  });
});

describe("the functions that change databases and logins", () => {
  const VERIFIER = scramVerifier("guessed");
  const EXECUTE = (call: string): string => `select slot_access.${call}`;
  /** By the worker, who may call them: slot 1 is leased under epoch 7, slot 2 under 9. */
  const BY_WORKER: [string, string][] = [
    [`rotate_login(1, 9, '${VERIFIER}')`, "OR001"],
    [`rotate_login(2, 7, '${VERIFIER}')`, "OR001"],
    [`rotate_login(1, 6, '${VERIFIER}')`, "OR001"],
    [`rotate_login(1, 8, '${VERIFIER}')`, "OR001"],
    [`rotate_login(1, -7, '${VERIFIER}')`, "OR001"],
    [`rotate_login(1, 9223372036854775807, '${VERIFIER}')`, "OR001"],
    [`rotate_login(1, null, '${VERIFIER}')`, "OR001"],
    [`rotate_login(null, 7, '${VERIFIER}')`, "OR001"],
    [`rotate_login(-1, 7, '${VERIFIER}')`, "OR001"],
    [`rotate_login(0, 7, '${VERIFIER}')`, "OR001"],
    [`rotate_login(2147483647, 7, '${VERIFIER}')`, "OR001"],
    ["rotate_login(1, 7, 'secret')", "22023"],
    ["rotate_login(1, 7, 'x'' superuser password ''y')", "22023"],
    [`rotate_login(1, 7, '${VERIFIER}'' superuser')`, "22023"],
    [`rotate_login(1, 7, '${VERIFIER}' || chr(10) || 'superuser')`, "22023"],
    ["swap_in(1, 9, false)", "OR001"],
    ["swap_in(2, 7, true)", "OR001"],
    ["swap_in(null, null, null)", "OR001"],
    ["swap_back(2, 7)", "OR001"],
    ["discard_kept(2, 7)", "OR001"],
    ["lock_out(2, 7)", "OR001"],
    ["end_sessions(2, 7)", "OR001"],
    ["end_sessions(null, 7)", "OR001"],
    ["cap_database(2, 7, 0)", "OR001"],
    ["cap_database(1, 8, 0)", "OR001"],
    ["drop_logins(99)", "P0002"],
    ["drop_logins(null)", "P0002"],
    ["prepare_login(1, 'secret')", "22023"],
    [`prepare_login(99, '${VERIFIER}')`, "42704"],
    [`prepare_login(null, '${VERIFIER}')`, "42704"],
    ["hold_grant(1, 7)", DENIED],
    ["close_database('app_preview_2')", DENIED],
    ["close_database('builder_control')", DENIED],
    ["open_database(2)", DENIED],
    ["retire(2, 'builder_control')", DENIED],
    ["mark_discarded(2, 'preview-2')", DENIED],
  ];

  test.each(BY_WORKER)("%s comes back as %s, and changes nothing", async (call, code) => {
    const unchanged = await cluster();
    expect(await codeOf(query(machine.server.workerUrl, EXECUTE(call)))).toBe(code);
    expect(await cluster()).toEqual(unchanged);
  });

  test("end no session that is no slot's, and measure no database that is none", async () => {
    const victims = await Promise.all([machine.asApi, machine.superuserUrl()].map(connect));
    for (const victim of victims) {
      const { rows } = await victim.query(
        "select pg_backend_pid() as pid, current_database() as database, session_user as login",
      );
      const { pid, database, login } = rows[0] as Record<string, string>;
      const [row] = await query(
        machine.server.workerUrl,
        EXECUTE(`end_session(${pid}, '${database}', '${login}') as ended`),
      );
      expect(row).toEqual({ ended: false });
      await victim.query("select 1");
    }
    const sizes = "database_bytes(99) as a, slot_access.database_bytes(null) as b, slot_access.database_bytes(-1) as c";
    expect(await query(machine.server.workerUrl, EXECUTE(sizes))).toEqual([{ a: null, b: null, c: null }]);
    expect(await query(machine.server.workerUrl, EXECUTE("end_offenders(0, 0) as ended"))).toEqual([{ ended: [] }]);
  });

  test("can neither be called nor be named by the api", async () => {
    for (const [call] of BY_WORKER) expect(await codeOf(query(machine.asApi, EXECUTE(call)))).toBe(DENIED);
  });

  test.each([
    "create or replace function slot_access.hold_grant(p_slot integer, p_epoch bigint) returns public.slot_leases language sql as 'select null'",
    "create function slot_access.mine() returns integer language sql as 'select 1'",
    "create function pg_catalog.mine() returns integer language sql as 'select 1'",
    "create temp table pg_roles as select 1",
    "create schema mine",
    "create table public.pg_database ()",
    "alter function slot_access.rotate_login(integer, bigint, text) owner to oroboros_worker",
    "alter function slot_access.rotate_login(integer, bigint, text) set search_path = public",
    "grant execute on function slot_access.hold_grant(integer, bigint) to oroboros_api",
    "alter table slot_leases owner to oroboros_worker",
    "alter table slot_leases disable trigger all",
    "create rule r as on update to slot_databases do instead nothing",
    "update slot_databases set login_epoch = 1",
    "update slot_databases set database_oid = 1",
    "update slot_server set system_identifier = '1'",
    "set role oroboros_rotator",
    "set role oroboros_db",
    "set role oroboros_migrator",
    "alter role slot_1 login",
    "alter role slot_1_e7 login",
    "create role r",
    "alter database app_preview_1 rename to x",
    "alter database app_preview_1 owner to oroboros_worker",
    "drop database app_preview_1",
    "comment on database app_preview_1 is ''",
    "create database stolen template app_preview_1",
  ])("the worker can not get round them: %s", async (statement) => {
    expect(await codeOf(query(machine.server.workerUrl, statement))).toBe(DENIED);
  });

  test("the worker, who is a member of the slot's role, gives itself no way in with a grant", async () => {
    const unchanged = await cluster();
    await query(machine.server.workerUrl, "grant connect on database app_preview_1 to oroboros_worker");
    expect(await cluster()).toEqual(unchanged);
  });

  test("a login without a password lets nobody in, whoever asked for it", async () => {
    await query(machine.server.workerUrl, EXECUTE("rotate_login(1, 7, null)"));
    expect(await codeOf(query((await machine.asSlot(slot)).replace(/:[^:@]*@/, ":@"), "select 1"))).not.toBe("allowed");
    await machine.reset(slot, EMPTY);
  });

  test("called ten times at once, make one login and let it in", async () => {
    const clients = await Promise.all(Array.from({ length: 10 }, () => connect(machine.server.workerUrl)));
    const codes = await Promise.all(
      clients.map((client) => codeOf(client.query(EXECUTE(`rotate_login(1, 7, '${VERIFIER}')`)))),
    );
    expect(new Set(codes)).toEqual(new Set(["allowed"]));
    const url = (await machine.asSlot(slot)).replace(/:[^:@]*@/, ":guessed@");
    expect(await query(url, "select session_user::text as login")).toEqual([{ login: "slot_1_e7" }]);
    await machine.reset(slot, EMPTY);
  });
});
