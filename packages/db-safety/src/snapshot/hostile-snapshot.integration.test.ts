import { snapshotDatabase, type LeaseEpoch } from "@oroboros/slot-contract";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { KEY, provisionedServer, query, SLOTS, type ProvisionedServer } from "../../test/provisioned-server.ts";
import { createSnapshotOfSlot, type SnapshotSource, type SqlFile, type TemplateSource } from "../index.ts";
import { openAsTemplateRole } from "../sessions.ts";

const [slot, other] = SLOTS;
const NOTES: SqlFile = { name: "0001_notes.sql", sql: "create table notes (id int primary key, body text);" };
const TOUCH: SqlFile = { name: "0002_touch.sql", sql: "insert into notes values (99, 'by main');" };
const BASE: TemplateSource = { migrations: [NOTES], seed: null };

let server: ProvisionedServer;
let count = 0;

beforeAll(async () => {
  server = await provisionedServer();
});
afterAll(() => server?.stop());
beforeEach(async () => {
  await server.reset(slot, BASE);
});

const asSlot = async (text: string, of = slot): Promise<Record<string, unknown>[]> =>
  query(await server.asSlot(of), text);
const asSuperuser = (text: string, database?: string): Promise<Record<string, unknown>[]> =>
  query(server.superuserUrl(database), text);

async function snapshot(): Promise<SnapshotSource> {
  const id = String((count += 1));
  const request = { server: server.server, leaseEpoch: "7" as LeaseEpoch, id, version: `h${id}` };
  const { contentFingerprint } = await createSnapshotOfSlot(await server.access(slot), request);
  return { id, version: request.version, contentFingerprint };
}

const from = (source: SnapshotSource, migrations: SqlFile[] = [NOTES]): TemplateSource => ({
  migrations,
  seed: null,
  snapshot: source,
});

/** Every role that something in the database belongs to, is granted to, or names. */
const rolesIn = async (database: string): Promise<unknown[]> => {
  const rows = await asSuperuser(
    `select distinct refobjid::regrole::text as role from pg_shdepend
     where dbid = (select oid from pg_database where datname = current_database()) and refclassid = 'pg_authid'::regclass order by 1`,
    database,
  );
  return rows.map(({ role }) => role);
};

describe("what a branch has left in a slot's database", () => {
  test("writes down as whom it runs, and never runs as more than the templates' role or another slot's", async () => {
    await asSlot(`
      create table seen (who text, login text, at text);
      create function public.note() returns trigger language plpgsql as $f$
        begin insert into public.seen values (current_user, session_user, current_database()); return new; end $f$;
      create trigger noted before insert or update on notes for each row execute function note();
      create function public.note_sql(text) returns text language plpgsql immutable as $f$
        begin insert into public.seen values (current_user, session_user, 'function'); return $1; exception when others then return $1; end $f$;
      create function public.hashtextextended(text, bigint) returns bigint language plpgsql as $f$ begin perform note_sql('x'); return 1; end $f$;
      create function public.pg_advisory_lock(bigint) returns void language plpgsql as $f$ begin perform note_sql('x'); end $f$;
      create function public.to_regclass(text) returns regclass language plpgsql as $f$ begin perform note_sql('x'); return null; end $f$;
      create view everybody as select * from pg_authid;
      create table oroboros.more (what text);
      create function oroboros.hashtextextended(text, bigint) returns bigint language sql as 'select 1::bigint';
      create trigger migration_noted before insert on oroboros.schema_migrations for each row execute function note();
      grant all on seen to public;`);
    const source = await snapshot();
    await server.reset(other, from(source, [NOTES, TOUCH]), undefined, null);
    const seen = await asSlot("select distinct who, login from seen order by 1", other);
    expect(seen).toEqual([{ who: "slot_seed", login: "slot_seed" }]);
    // The runtime's own schema was made anew: nothing there came along.
    const foreign = await asSlot(
      `select tgname as name from pg_trigger where tgrelid in (select oid from pg_class where relnamespace = 'oroboros'::regnamespace)
       union all select relname from pg_class where relnamespace = 'oroboros'::regnamespace and relname = 'more'
       union all select proname from pg_proc where pronamespace = 'oroboros'::regnamespace`,
      other,
    );
    expect(foreign).toEqual([]);
    expect(await asSlot("select slot_id from oroboros.slot_lease", other)).toEqual([{ slot_id: other }]);
    await expect(asSlot("select * from everybody", other)).rejects.toMatchObject({ code: "42501" });
    expect((await rolesIn("app_preview_2")).filter((role) => role !== "slot_seed")).toEqual(["slot_2"]);
  });

  test("can not change the templates' role where main's migrations meet it", async () => {
    await asSlot(`
      create function take() returns trigger language plpgsql as $f$ begin
        alter role slot_seed password 'known to the branch';
        alter role slot_seed set search_path = 'evil';
        execute format('alter role slot_seed in database %I set work_mem = ''64kB''', current_database());
        perform set_config('search_path', 'evil', false);
        return null; end $f$;
      create constraint trigger taken after insert on notes deferrable initially deferred for each row execute function take();`);
    const source = await snapshot();
    await server.reset(other, from(source, [NOTES, TOUCH]), undefined, null);
    expect(await asSlot("select body from notes where id = 99", other)).toEqual([{ body: "by main" }]);
    expect(await asSuperuser("select * from pg_db_role_setting where setrole = 'slot_seed'::regrole")).toEqual([]);
    // It logs in with the password that it was installed with, which the next template's build does too.
    await asSuperuser("create database probe owner slot_seed");
    await using session = await openAsTemplateRole(server.server, KEY, "probe");
    expect(session.backend.login).toBe("slot_seed");
  });

  test("as a view in place of the runtime's table runs with the slot's own rights only", async () => {
    await asSlot(`
      create table seen (who text);
      create function spy() returns text language plpgsql as $f$ begin insert into public.seen values (session_user); return 'x'; end $f$;
      drop table oroboros.schema_migrations;
      create view oroboros.schema_migrations as select spy() as name, 'c'::text as checksum;`);
    const source = await snapshot();
    const database = snapshotDatabase(source.id);
    await asSuperuser(`alter database ${database} with allow_connections true`);
    const [seen] = await asSuperuser("select string_agg(distinct who, ',') as who from seen", database);
    expect(seen).toEqual({ who: "slot_1_e7" });
    const kinds = await asSuperuser(
      "select relkind from pg_class where oid = 'oroboros.schema_migrations'::regclass",
      database,
    );
    expect(kinds).toEqual([{ relkind: "r" }]);
  });

  test.each([
    [
      "an object of the login's own",
      "grant create on schema public to slot_1_e7; set role slot_1_e7; create table mine ()",
      "belongs to role slot_1_e7",
    ],
    ["a grant to its login", "grant select on notes to slot_1_e7", "is granted to role slot_1_e7"],
    ["a grant to another slot", "grant all on notes to slot_2", "is granted to role slot_2"],
    [
      "a grant to the worker",
      "create function f() returns int language sql as 'select 1'; grant execute on function f() to oroboros_worker",
      "oroboros_worker",
    ],
    [
      "a policy for another slot",
      "alter table notes enable row level security; create policy p on notes to slot_2 using (true)",
      "names role slot_2",
    ],
    ["default privileges", "alter default privileges grant select on tables to slot_2", "slot_"],
    [
      "a large object's grant",
      "select lo_create(4711); grant select on large object 4711 to slot_2",
      "large object 4711 is granted to role slot_2",
    ],
  ])("is refused as a snapshot where it has %s, and nothing is left of it", async (_, text, message) => {
    await asSlot(text);
    await expect(snapshot()).rejects.toMatchObject({
      code: "snapshot_refused",
      message: expect.stringContaining(message) as string,
      hint: expect.stringContaining("A snapshot is for every slot") as string,
    });
    expect(await asSuperuser(`select from pg_database where datname = '${snapshotDatabase(String(count))}'`)).toEqual(
      [],
    );
    expect(await asSlot("select 1 as one")).toEqual([{ one: 1 }]);
  });

  test("can not make itself a snapshot, a template, or closed", async () => {
    for (const text of [
      "comment on database app_preview_1 is 'oroboros:snapshot=h1:content=0'",
      "alter database app_preview_1 with is_template true",
      "alter database app_preview_1 with allow_connections false",
      "create database mine template snapshot_1",
      "select slot_access.take_back_live(1)",
    ])
      await expect(asSlot(text)).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|3F000)$/) as string });
    const event =
      "create function e() returns event_trigger language plpgsql as 'begin end'; create event trigger t on ddl_command_start execute function e()";
    await expect(asSlot(event)).rejects.toMatchObject({ code: "42501" });
  });

  test("keeps its large objects, sequences and owners' rights in the slot that starts from it", async () => {
    await asSlot("select lo_from_bytea(4711, 'a letter'); create sequence tickets start 5; select nextval('tickets')");
    const source = await snapshot();
    await server.reset(other, from(source), undefined, null);
    expect(
      await asSlot("select convert_from(lo_get(4711), 'UTF8') as letter, nextval('tickets') as next", other),
    ).toEqual([{ letter: "a letter", next: "6" }]);
    await asSlot("select lo_put(4711, 0, 'mine'); drop table notes; create schema more", other);
  });
});
