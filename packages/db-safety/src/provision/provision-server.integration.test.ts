import { eventually } from "@oroboros/test-support";
import { provisionAccess } from "./provision-access.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { provisionedServer, query, SLOTS, type ProvisionedServer } from "../../test/provisioned-server.ts";

const [slot] = SLOTS;

let machine: ProvisionedServer;
beforeAll(async () => {
  machine = await provisionedServer();
});
afterAll(() => machine?.stop());

test("provisioning a second time changes nothing and says so", async () => {
  expect(await machine.provision()).toEqual({ changed: [] });
});

test("the superuser is reached through a socket where the URL names one", async () => {
  const [row] = await query<{ directory: string }>(
    machine.superuserUrl(),
    "select current_setting('unix_socket_directories') as directory",
  );
  const url = `${machine.superuserUrl()}?host=${encodeURIComponent(row?.directory ?? "")}`;
  await query(machine.superuserUrl(), "alter role slot_2 createdb");
  expect(await machine.provision(url)).toEqual({ changed: ["role slot_2"] });
  await expect(machine.provision(url.replace("%2F", "%2Fnowhere"))).rejects.toMatchObject({ code: "unreachable" });
});

test("a superuser's URL without a database is refused, and not repeated", async () => {
  const refused = machine.provision("postgresql://postgres:s3cret@127.0.0.1:5432/");
  await expect(refused).rejects.toMatchObject({ code: "invalid_url", message: expect.not.stringContaining("s3cret") });
});

const loginTimeout = async (): Promise<unknown> =>
  (await query(machine.superuserUrl(), "show authentication_timeout"))[0]?.["authentication_timeout"];

test("what drifted is put right and named", async () => {
  await query(machine.superuserUrl(), "alter role slot_1 createdb connection limit -1");
  await query(machine.superuserUrl(), "alter role oroboros_api password 'guessed'");
  await query(machine.superuserUrl(), "grant connect on database app_preview_1 to public");
  await query(machine.superuserUrl(), "revoke slot_2 from oroboros_worker");
  await query(machine.superuserUrl(), "alter system reset authentication_timeout");
  await query(machine.superuserUrl(), "select pg_reload_conf()");
  await eventually(async () => (await loginTimeout()) === "1min", { deadlineMs: 60_000 });
  expect(await machine.provision()).toEqual({
    changed: [
      "authentication_timeout",
      "password of oroboros_api",
      "role slot_1",
      "membership of oroboros_worker in slot_2",
      "PUBLIC's rights on app_preview_1",
    ],
  });
  expect(await query(machine.asApi, "select 1 as up")).toEqual([{ up: 1 }]);
  await eventually(async () => (await loginTimeout()) === "5s", { deadlineMs: 60_000 });
});

test("a server that was upgraded is registered anew by the installation, and said to be", async () => {
  const known = "select system_identifier from slot_server";
  const [before] = await query(machine.superuserUrl("builder_control"), known);
  await query(machine.superuserUrl("builder_control"), "update slot_server set system_identifier = '1'");
  expect(await provisionAccess({ superuserUrl: machine.superuserUrl() })).toEqual({
    changed: ["the server's identifier"],
  });
  expect(await query(machine.superuserUrl("builder_control"), known)).toEqual([before]);
  expect(await provisionAccess({ superuserUrl: machine.superuserUrl() })).toEqual({ changed: [] });
});

test("a foreign database with a slot's name is refused and not touched", async () => {
  await query(machine.superuserUrl(), "comment on database app_preview_1 is 'precious'");
  await expect(machine.provision()).rejects.toMatchObject({ code: "not_marked" });
  await query(
    machine.superuserUrl(),
    "comment on database app_preview_1 is 'oroboros:slot=preview-1:run=none:epoch=0'",
  );
  expect(await machine.provision()).toEqual({ changed: [] });
});

test("no role that logs in is a superuser or may make roles, and none has its password in the catalog", async () => {
  const roles = await query(
    machine.superuserUrl(),
    `select rolname, rolcanlogin, rolcreatedb, rolcreaterole from pg_authid
      where not (rolsuper or rolreplication or rolbypassrls)
        and (rolpassword is null or rolpassword like 'SCRAM-SHA-256$%') and rolname !~ '^pg_' order by 1`,
  );
  expect(roles).toEqual([
    { rolname: "oroboros_api", rolcanlogin: true, rolcreatedb: false, rolcreaterole: false },
    { rolname: "oroboros_db", rolcanlogin: false, rolcreatedb: true, rolcreaterole: false },
    { rolname: "oroboros_migrator", rolcanlogin: false, rolcreatedb: false, rolcreaterole: false },
    { rolname: "oroboros_rotator", rolcanlogin: false, rolcreatedb: false, rolcreaterole: true },
    { rolname: "oroboros_slots", rolcanlogin: false, rolcreatedb: false, rolcreaterole: false },
    { rolname: "oroboros_worker", rolcanlogin: true, rolcreatedb: true, rolcreaterole: false },
    { rolname: "slot_1", rolcanlogin: false, rolcreatedb: false, rolcreaterole: false },
    { rolname: "slot_2", rolcanlogin: false, rolcreatedb: false, rolcreaterole: false },
    { rolname: "slot_seed", rolcanlogin: true, rolcreatedb: false, rolcreaterole: false },
  ]);
});

describe("the slot's login", () => {
  beforeAll(async () => {
    for (const each of SLOTS) await machine.reset(each, { migrations: [], seed: null });
  });

  test("reaches its own database and may build in it", async () => {
    await query(
      await machine.asSlot(slot),
      "create table mine (); create schema more; drop schema more; drop table mine",
    );
  });

  test.each(["app_preview_2", "builder_control", "postgres", "template1"])(
    "can not connect to %s",
    async (database) => {
      await expect(query(await machine.asSlot(slot, database), "select 1")).rejects.toMatchObject({ code: "42501" });
    },
  );

  test.each([
    "create database stolen",
    "create role accomplice",
    "comment on database app_preview_1 is 'oroboros:slot=preview-2:run=none:epoch=0'",
    "alter database app_preview_1 rename to mine",
    "set role oroboros_worker",
    "set role slot_seed",
    "copy (select 1) to program 'id'",
  ])("may not %s", async (statement) => {
    await expect(query(await machine.asSlot(slot), statement)).rejects.toMatchObject({ code: "42501" });
  });

  test("can not open its database to everyone", async () => {
    await query(await machine.asSlot(slot), "grant connect on database app_preview_1 to public");
    expect(await machine.provision()).toEqual({ changed: [] });
  });
});
