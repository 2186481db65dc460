import { findLease, openControlStore } from "@oroboros/control-store";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { actsOf } from "../test/destructive-acts.ts";
import { KEY, provisionedServer, query, SLOTS, type ProvisionedServer } from "../test/provisioned-server.ts";
import { inspectCluster } from "./doctor/inspect-cluster.ts";
import { endOffenders } from "./limits/end-offenders.ts";
import { SLOT_LIMITS } from "./limits/slot-limits.ts";
import { provisionAccess } from "./provision/provision-access.ts";

const [slot, other] = SLOTS;

/**
 * Writes down whose session has called it, after it has tried to become somebody else in it. It is volatile and swallows its errors, so
 * that whatever calls it goes on.
 */
const TRAP = `
create table if not exists public.caught (who text, via text);
grant all on public.caught to public;
create or replace function public.trap(via text) returns boolean language plpgsql as $trap$
begin
  begin perform set_config('role', 'none', false); exception when others then null; end;
  begin perform set_config('session_authorization', 'postgres', false); exception when others then null; end;
  begin execute 'grant pg_execute_server_program to slot_1'; exception when others then null; end;
  begin execute 'alter role slot_1 superuser'; exception when others then null; end;
  begin insert into public.caught values (session_user || ' as ' || current_user, via); exception when others then null; end;
  return true;
end $trap$;`;

/** Until all is in place: a trap leaves the session that steps into it as somebody else. */
const HARMLESS = "create function public.trap(via text) returns boolean language sql as 'select true';";

/** Names of ours and of PostgreSQL's, where a search path that is not looked after would find them. */
const LOOKALIKES = `
create or replace function public.left(text, integer) returns text language sql as $f$ select case when public.trap('left') then $1 end $f$;
create or replace function public.to_regclass(text) returns regclass language sql as $f$ select case when public.trap('to_regclass') then null::regclass end $f$;
create or replace function public.hashtextextended(text, integer) returns bigint language sql as $f$ select case when public.trap('hash') then 1::bigint end $f$;
create or replace function public.shobj_description(oid, text) returns text language sql as $f$ select case when public.trap('shobj') then 'forged' end $f$;
create or replace function public.current_database() returns name language sql as $f$ select case when public.trap('current_database') then 'x'::name end $f$;
create or replace function public.same(text, text) returns boolean language sql as $f$ select public.trap('operator') $f$;
drop operator if exists public.= (text, text);
create operator public.= (leftarg = text, rightarg = text, function = public.same);
create or replace function public.trapped() returns trigger language plpgsql as $f$ begin perform public.trap(tg_name); return coalesce(new, old); end $f$;`;

/** What stands in a branch's database: every place at which PostgreSQL runs code of a table's owner. */
const CONTENT = `
${LOOKALIKES}
create domain public.checked as text check (public.trap('domain'));
create type public.pair as (a integer);
create or replace function public.pair_text(public.pair) returns text language sql as $f$ select case when public.trap('cast') then 'x' end $f$;
create cast (public.pair as text) with function public.pair_text(public.pair) as assignment;
create or replace function public.pure(text) returns text language sql immutable as $f$ select case when public.trap('index') then $1 end $f$;
create table public.full_of_traps (
  id integer, body public.checked, made boolean default public.trap('default'),
  derived text generated always as (public.pure('x')) stored, p public.pair);
create index on public.full_of_traps (public.pure(body));
alter table public.full_of_traps enable row level security;
alter table public.full_of_traps force row level security;
create policy p on public.full_of_traps using (public.trap('policy'));
create trigger t before insert or update or delete on public.full_of_traps for each row execute function public.trapped();
insert into public.full_of_traps (id, body, p) values (1, 'x', row(1));
create view public.seen as select public.trap('view') as trapped, * from public.full_of_traps;
create rule r as on insert to public.seen do also select public.trap('rule');
create materialized view public.kept_view as select public.trap('materialized') as trapped;
create statistics public.s on (public.pure(body)), id from public.full_of_traps;
select lo_from_bytea(0, 'x');`;

const ON_LEASE =
  "create trigger lease before insert or update or delete on oroboros.slot_heartbeat for each row execute function public.trapped();";

/** Takes the place of the runtime's own tables in a live slot, which are the slot's to change. */
const OWN_TABLES = `
alter table oroboros.schema_migrations rename to real_migrations;
create view oroboros.schema_migrations as select name, checksum, applied_at from oroboros.real_migrations where public.trap('migrations view');
create rule note as on insert to oroboros.schema_migrations do instead
  insert into oroboros.real_migrations select new.name, new.checksum where public.trap('migrations rule');
${ON_LEASE}
alter default privileges in schema public grant all on tables to public;`;

let machine: ProvisionedServer;
let control: ReturnType<typeof openControlStore>;
beforeAll(async () => {
  machine = await provisionedServer();
  control = openControlStore({ databaseUrl: machine.server.workerUrl, onError: () => undefined });
});
afterAll(async () => {
  await control?.close();
  await machine?.stop();
});

const caught = async (): Promise<{ who: string[]; via: string[] }> => {
  const rows = await query<{ who: string; via: string }>(
    machine.superuserUrl("app_preview_1"),
    "select who, via from caught",
  );
  const unique = (values: string[]): string[] => [...new Set(values)].toSorted();
  return { who: unique(rows.map(({ who }) => who)), via: unique(rows.map(({ via }) => via)) };
};

const might = (): Promise<unknown> =>
  query(
    machine.superuserUrl(),
    "select rolname from pg_roles where rolsuper or pg_has_role(oid, 'pg_execute_server_program', 'member') order by 1",
  );

/** Everything of ours that looks at a slot's database or acts on it, beside a reset. */
async function everyAct(): Promise<void> {
  const acts = actsOf({
    slot,
    server: machine.server,
    leaseEpoch: (await findLease(control.db, slot)).leaseEpoch,
    identity: async () => (await machine.access(slot)).identity,
    transaction: (act) => control.db.transaction().execute(act),
  });
  for (const [name, act] of Object.entries(acts)) {
    if (["resetSlotDatabase", "dropKeptDatabase", "lockSlotOut", "capSlotDatabase"].includes(name)) continue;
    // What a branch's database makes of it is not what is asked here.
    await act(machine.permit(slot)).catch(() => undefined);
  }
  await inspectCluster(machine.server, KEY);
  await endOffenders(machine.server, SLOT_LIMITS);
  await machine.provision();
  await provisionAccess({ superuserUrl: machine.superuserUrl() });
}

describe("traps in what the runtime meets", () => {
  test("of a branch: only the slot's own login steps into them, and none of our others", async () => {
    const mightBefore = await might();
    await machine.reset(slot, { migrations: [], seed: null });
    await query(await machine.asSlot(slot), HARMLESS + CONTENT + OWN_TABLES);
    await query(await machine.asSlot(slot), TRAP);
    await everyAct();
    // Put aside and taken back: it is renamed, closed and opened by the functions of the control database.
    await machine.reset(slot, { migrations: [], seed: null }, undefined, undefined, { keepOld: true });
    await machine.restoreKept(slot);
    await everyAct();
    const { who, via } = await caught();
    expect(via).not.toEqual([]);
    expect(who.filter((each) => !each.startsWith("slot_1_e7 as slot_1"))).toEqual([]);
    expect(await might()).toEqual(mightBefore);
    await machine.lockOut(slot);
    await machine.reset(other, { migrations: [], seed: null });
  });

  test("of main, in a template: the templates' role and the slot's login, and neither worker nor superuser", async () => {
    const mightBefore = await might();
    const migrations = [{ name: "0001_traps.sql", sql: HARMLESS + CONTENT + ON_LEASE + TRAP }];
    const seed = { version: "v1", sql: "insert into full_of_traps (id) values (2)" };
    await machine.reset(slot, { migrations, seed });
    await machine.prepare(slot, { migrations, seed });
    await everyAct();
    await machine.reset(slot, { migrations, seed }, undefined, undefined, { keepOld: true });
    await machine.restoreKept(slot);
    const { who, via } = await caught();
    expect(via).toContain("default");
    expect(who.filter((each) => !/^(?:slot_seed as slot_seed|slot_1_e7 as slot_1(?:_e7)?)$/.test(each))).toEqual([]);
    expect(await might()).toEqual(mightBefore);
  });
});

test("a trap does catch the superuser, where he steps into one", async () => {
  const superuser = new Client({ connectionString: machine.superuserUrl("app_preview_1") });
  await superuser.connect();
  await superuser.query("begin; select * from full_of_traps; insert into full_of_traps (id) values (3)");
  const { rows } = await superuser.query("select distinct who from caught where who like 'postgres as %'");
  await superuser.query("rollback");
  await superuser.end();
  expect(rows).not.toEqual([]);
});

test("nothing of one slot's content comes into another's", async () => {
  await machine.reset(other, { migrations: [], seed: null });
  const [row] = await query(machine.superuserUrl("app_preview_2"), "select to_regclass('public.caught') as caught");
  expect(row).toEqual({ caught: null });
});
