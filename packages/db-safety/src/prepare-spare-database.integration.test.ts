import { OperatorError } from "@oroboros/slot-contract";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { provisionedServer, query, SLOTS, type ProvisionedServer } from "../test/provisioned-server.ts";
import type { TemplateSource } from "./index.ts";

const [slot] = SLOTS;
const NOTES: TemplateSource = {
  migrations: [
    { name: "0001_notes.sql", sql: "create table notes (id serial primary key, body text not null);" },
    {
      name: "0002_app.sql",
      sql: `create schema app; create extension pg_trgm; create view app.bodies as select body from notes;
        create function app.one() returns int language sql as 'select 1';`,
    },
  ],
  seed: { version: "v1", sql: "insert into notes (body) select 'note ' || n from generate_series(1, 5) n;" },
};
const OTHER: TemplateSource = { ...NOTES, seed: { version: "v2", sql: "insert into notes (body) values ('other')" } };

const MARK_RETIRED = "comment on database retired_1 is 'oroboros:slot=preview-1:run=none:epoch=1'";

let machine: ProvisionedServer;
beforeAll(async () => {
  machine = await provisionedServer();
});
afterAll(() => machine?.stop());
beforeEach(() => machine.reset(slot, NOTES));

const spare = () =>
  query<{ oid: number; comment: string | null }>(
    machine.superuserUrl(),
    "select oid, shobj_description(oid, 'pg_database') as comment from pg_database where datname = 'spare_1'",
  );
const liveOid = async (): Promise<unknown> =>
  (await query(machine.superuserUrl(), "select oid from pg_database where datname = 'app_preview_1'"))[0]?.["oid"];

/** Content, owners and rights of the live database, and its own rights and comment. */
const fingerprint = async (): Promise<unknown[]> => {
  const inside = machine.superuserUrl("app_preview_1");
  return [
    await query(inside, "select id, body, nextval('notes_id_seq')::int as next from notes order by id"),
    await query(inside, "select * from oroboros.slot_lease"),
    await query(inside, "select name, checksum from oroboros.schema_migrations order by 1"),
    await query(
      inside,
      `select oid::regclass::text as name, relowner::regrole::text as owner, relacl::text as acl from pg_class
        where relnamespace in ('public'::regnamespace, 'app'::regnamespace, 'oroboros'::regnamespace)
        union all select nspname, nspowner::regrole::text, nspacl::text from pg_namespace where nspname !~ '^pg_(toast|temp)'
        union all select oid::regprocedure::text, proowner::regrole::text, proacl::text from pg_proc
          where pronamespace in ('public'::regnamespace, 'app'::regnamespace)
        union all select extname, extowner::regrole::text, null from pg_extension order by 1, 2`,
    ),
    await query(
      inside,
      `select datdba::regrole::text as owner, datacl::text as acl, datallowconn as open, datistemplate,
        shobj_description(oid, 'pg_database') as comment from pg_database where datname = current_database()`,
    ),
  ];
};

describe("a prepared spare", () => {
  test("is what the next reset swaps in, and gives what a reset without one gives", async () => {
    expect(await machine.reset(slot, NOTES)).toMatchObject({ warm: false });
    const cold = await fingerprint();
    expect(await machine.prepare(slot, NOTES)).toEqual({ prepared: true });
    const [prepared] = await spare();
    expect(await machine.reset(slot, NOTES)).toMatchObject({ warm: true, templateCreated: false });
    expect(await liveOid()).toBe(prepared?.oid);
    expect(await fingerprint()).toEqual(cold);
    expect(await spare()).toEqual([]);
  });

  test("stands already for the second caller, and for two at once", async () => {
    expect(await Promise.all([machine.prepare(slot, NOTES), machine.prepare(slot, NOTES)])).toEqual(
      expect.arrayContaining([{ prepared: true }, { prepared: false }]),
    );
    expect(await machine.prepare(slot, NOTES)).toEqual({ prepared: false });
  });

  test("of other content is made anew, by a reset as by a preparation", async () => {
    await machine.prepare(slot, OTHER);
    expect(await machine.reset(slot, NOTES)).toMatchObject({ warm: false });
    expect(await query(await machine.asSlot(slot), "select count(*)::int as n from notes")).toEqual([{ n: 5 }]);
    await machine.prepare(slot, NOTES);
    expect(await machine.prepare(slot, OTHER)).toEqual({ prepared: true });
    expect(await machine.reset(slot, OTHER)).toMatchObject({ warm: true });
    expect(await query(await machine.asSlot(slot), "select body from notes")).toEqual([{ body: "other" }]);
  });

  test("that a killed preparation left unfinished is made anew", async () => {
    await query(machine.superuserUrl(), "create database spare_1 owner oroboros_worker");
    expect(await machine.prepare(slot, NOTES)).toEqual({ prepared: true });
    await query(machine.superuserUrl(), "comment on database spare_1 is null");
    expect(await machine.reset(slot, NOTES)).toMatchObject({ warm: false });
  });

  test("is waited for by a reset that comes meanwhile, and used", async () => {
    const [, report] = await Promise.all([machine.prepare(slot, NOTES), machine.reset(slot, NOTES)]);
    expect(await query(await machine.asSlot(slot), "select count(*)::int as n from notes")).toEqual([{ n: 5 }]);
    expect([true, false]).toContain(report.warm);
  });

  test("lets nobody in: not the slot's role, nor the templates' role", async () => {
    await machine.prepare(slot, NOTES);
    const rights = await query(
      machine.superuserUrl(),
      `select rolname from pg_roles where rolname ~ '^(slot_|oroboros_api)'
        and has_database_privilege(rolname, 'spare_1', 'connect')`,
    );
    expect(rights).toEqual([]);
    await expect(query(await machine.asSlot(slot, "spare_1"), "select 1")).rejects.toMatchObject({
      code: expect.stringMatching(/^(55000|55000)$/),
    });
    await machine.reset(slot, NOTES, async () => {
      await expect(query(await machine.asSlot(slot, "spare_1"), "select 1")).rejects.toMatchObject({ code: "55000" });
    });
  });

  test("that a reset without the right to it has left is the next one's, with the lease of that", async () => {
    await machine.prepare(slot, NOTES);
    const stale = new OperatorError("stale_lease", "The lease is gone.", { hint: "Stop." });
    await expect(machine.reset(slot, NOTES, () => Promise.reject(stale))).rejects.toBe(stale);
    expect(await machine.reset(slot, NOTES, undefined, null)).toMatchObject({ warm: true });
    expect(await query(await machine.asSlot(slot), "select run_id from oroboros.slot_lease")).toEqual([
      { run_id: null },
    ]);
  });

  test("is closed again to the templates' role once it is live", async () => {
    await machine.prepare(slot, NOTES);
    await machine.reset(slot, NOTES);
    expect(
      await query(
        machine.superuserUrl(),
        "select has_database_privilege('slot_seed', 'app_preview_1', 'connect') as may",
      ),
    ).toEqual([{ may: false }]);
  });
});

test("the lease is written without a session in the spare, which may hold a template's triggers", async () => {
  await machine.prepare(slot, NOTES);
  const sneaky = {
    name: "0003_sneaky.sql",
    sql: `create function sneak() returns trigger language plpgsql as $$ begin raise 'it ran'; end $$;
      create trigger sneak before insert or update on oroboros.slot_heartbeat for each row execute function sneak();`,
  };
  await machine.reset(slot, { ...NOTES, migrations: [...NOTES.migrations, sneaky] });
  expect(await query(await machine.asSlot(slot), "select slot_id from oroboros.slot_lease")).toEqual([
    { slot_id: slot },
  ]);
});

test("what a killed reset or swap put aside is removed by a preparation too", async () => {
  await query(machine.superuserUrl(), "create database retired_1 owner oroboros_worker");
  await query(machine.superuserUrl(), MARK_RETIRED);
  await machine.prepare(slot, NOTES);
  expect(await query(machine.superuserUrl(), "select from pg_database where datname = 'retired_1'")).toEqual([]);
});

test("a database that only has the name of a retired one is refused and not touched", async () => {
  await query(machine.superuserUrl(), "create database retired_1 owner oroboros_worker");
  await expect(machine.prepare(slot, OTHER)).rejects.toMatchObject({ code: "not_marked" });
  await expect(machine.reset(slot, OTHER)).rejects.toMatchObject({ code: "not_marked" });
  expect(await query(machine.superuserUrl(), "select from pg_database where datname = 'retired_1'")).toHaveLength(1);
  await query(machine.superuserUrl(), "drop database retired_1");
});

test.each(["spare_1", "retired_1"])("half a %s, whose DROP was killed, is in nobody's way", async (database) => {
  await query(machine.superuserUrl(), `drop database if exists ${database}`);
  await query(machine.superuserUrl(), `create database ${database} owner oroboros_worker`);
  if (database === "retired_1") await query(machine.superuserUrl(), MARK_RETIRED);
  // What PostgreSQL writes before it begins to remove the files of a database.
  await query(machine.superuserUrl(), `update pg_database set datconnlimit = -2 where datname = '${database}'`);
  await machine.reset(slot, OTHER);
  expect(await machine.prepare(slot, NOTES)).toEqual({ prepared: true });
  expect(await query(machine.superuserUrl(), "select from pg_database where datconnlimit = -2")).toEqual([]);
});
