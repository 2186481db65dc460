import { readFile, writeFile } from "node:fs/promises";
import { CONTROL_DATABASE } from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KEY, provisionedServer, query, SLOTS, type ProvisionedServer } from "../../test/provisioned-server.ts";
import { provisionAccess } from "../provision/provision-access.ts";
import type { ClusterFinding } from "./cluster-finding.ts";
import { inspectCluster } from "./inspect-cluster.ts";

const EMPTY = { migrations: [{ name: "0001.sql", sql: "create table notes (body text)" }], seed: null };
/** As an installation has it: see initialize-postgres.ts of operations. Tests come in as the superuser through the socket. */
const SHUT = `local all all scram-sha-256
host all postgres 127.0.0.1/32 reject
host postgres,template0,template1,${CONTROL_DATABASE} +oroboros_slots 127.0.0.1/32 reject
host all all 127.0.0.1/32 scram-sha-256
`;

let machine: ProvisionedServer;
let superuserUrl: (database?: string) => string;
let hba: { path: string; before: string };
beforeAll(async () => {
  machine = await provisionedServer();
  const [row] = await query<{ path: string; socket: string }>(
    machine.superuserUrl(),
    "select current_setting('hba_file') as path, current_setting('unix_socket_directories') as socket",
  );
  superuserUrl = (database) => `${machine.superuserUrl(database)}?host=${encodeURIComponent(row?.socket ?? "")}`;
  hba = { path: row?.path ?? "", before: await readFile(row?.path ?? "", "utf8") };
  for (const slot of SLOTS) {
    await machine.reset(slot, EMPTY);
    await machine.prepare(slot, EMPTY);
  }
  await useHba(SHUT);
});
afterAll(() => machine?.stop());

const asSuperuser = async (statement: string, database?: string): Promise<void> =>
  void (await query(superuserUrl(database), statement));

/** When the server that lets sessions in has read its files last: `pg_hba_file_rules` shows what stands in the file, read or not. */
const loadedAt = async (): Promise<unknown> =>
  (await query(superuserUrl(), "select pg_conf_load_time()::text as at"))[0]?.["at"];

async function useHba(text: string): Promise<void> {
  const before = await loadedAt();
  await writeFile(hba.path, text);
  await asSuperuser("select pg_reload_conf()");
  await eventually(async () => (await loadedAt()) !== before, { deadlineMs: 20_000 });
}

const inspect = async (): Promise<ClusterFinding[]> =>
  (await inspectCluster(machine.server, KEY)).findings.filter(({ code }) => code !== "version_vulnerable");
const found = async (): Promise<string[]> => (await inspect()).map(({ code, subject }) => `${code} ${subject}`);

test("a server as provisioning leaves it, in use by its slots, has nothing wrong with it", async () => {
  expect(await inspect()).toEqual([]);
});

/** What somebody did as the superuser, and what is said of it. All of it provisioning takes back. */
const DRIFTS: [string, string | undefined, string][] = [
  ["alter role slot_1 createdb", undefined, "role_attributes slot_1"],
  ["alter role oroboros_db login", undefined, "role_attributes oroboros_db"],
  ["alter role oroboros_worker superuser", undefined, "role_attributes oroboros_worker"],
  ["alter role oroboros_api connection limit 1", undefined, "role_attributes oroboros_api"],
  ["grant oroboros_db to oroboros_api", undefined, "foreign_member oroboros_api"],
  ["grant oroboros_rotator to oroboros_api", undefined, "foreign_member oroboros_api"],
  ["create role passer_by; grant oroboros_migrator to passer_by", undefined, "foreign_member passer_by"],
  ["grant pg_execute_server_program to slot_2", undefined, "foreign_member slot_2"],
  ["grant slot_2 to slot_1_e7", undefined, "foreign_member slot_1_e7"],
  ["revoke slot_1 from oroboros_worker", undefined, "membership_missing oroboros_worker"],
  ["alter role slot_1_e7 createrole connection limit -1", undefined, "role_attributes slot_1_e7"],
  ["alter role slot_1_e7 reset temp_file_limit", undefined, "login_unlimited slot_1_e7"],
  [
    "create role slot_1_e3 login noinherit connection limit 20 in role slot_1, oroboros_slots",
    undefined,
    "login_stale slot_1_e3",
  ],
  [
    "create role slot_9_e1 login noinherit connection limit 20 in role oroboros_slots",
    undefined,
    "login_stale slot_9_e1",
  ],
  ["grant connect on database app_preview_1 to public", undefined, "open_to_public app_preview_1"],
  ["grant connect on database template1 to public", undefined, "open_to_public template1"],
  ["grant connect on database app_preview_1 to slot_2_e7", undefined, "foreign_grant app_preview_1"],
  ["grant connect on database app_preview_2 to oroboros_worker", undefined, "foreign_grant app_preview_2"],
  ["grant create on database builder_control to oroboros_api", undefined, "foreign_grant builder_control"],
  ["grant connect on database postgres to slot_1", undefined, "foreign_grant postgres"],
  ["alter database app_preview_2 owner to slot_2", undefined, "database_owner app_preview_2"],
  ["alter table slot_leases owner to oroboros_worker", CONTROL_DATABASE, "table_owner slot_leases"],
  [
    "alter function slot_access.rotate_login(integer, bigint, text) security invoker",
    CONTROL_DATABASE,
    "function_changed slot_access.rotate_login",
  ],
  [
    "grant execute on function slot_access.lock_out(integer, bigint) to public",
    CONTROL_DATABASE,
    "function_changed slot_access.lock_out",
  ],
  [
    "alter function slot_access.swap_in(integer, bigint, boolean) reset search_path",
    CONTROL_DATABASE,
    "function_changed slot_access.swap_in",
  ],
  [
    "drop function slot_access.end_sessions(integer, bigint)",
    CONTROL_DATABASE,
    "function_missing slot_access.end_sessions",
  ],
  [
    "create function slot_access.hold_grant(integer, integer) returns integer language sql as 'select 1'",
    CONTROL_DATABASE,
    "function_unknown slot_access.hold_grant(integer,integer)",
  ],
];

test.each(DRIFTS)("%s (in %s) is found as %s and put right by provisioning", async (statement, database, finding) => {
  await asSuperuser(statement, database);
  expect(await found()).toContain(finding);
  await provisionAccess({ superuserUrl: superuserUrl() });
  expect((await inspect()).filter(({ level }) => level === "error")).toEqual([]);
  expect(await provisionAccess({ superuserUrl: superuserUrl() })).toEqual({ changed: [] });
});

test("a foreign database is named and left as it is, which is wrong where every slot may enter it", async () => {
  await asSuperuser("create database shop");
  const open = {
    level: "error",
    code: "open_to_public",
    subject: "shop",
    hint: expect.stringContaining("Grant CONNECT"),
  };
  const foreign = { level: "warning", code: "foreign_database", subject: "shop" };
  expect(await inspect()).toMatchObject([foreign, open]);
  expect(await provisionAccess({ superuserUrl: superuserUrl() })).toEqual({ changed: [] });
  await asSuperuser("revoke all on database shop from public");
  expect(await inspect()).toMatchObject([foreign]);
  await asSuperuser("drop database shop");
});

test("a database that says it is ours under a name that is not is left for somebody to decide", async () => {
  await asSuperuser("create database old_preview");
  await asSuperuser("revoke all on database old_preview from public");
  await asSuperuser("comment on database old_preview is 'oroboros:slot=preview-1:run=none:epoch=3'");
  expect(await inspect()).toMatchObject([
    {
      level: "error",
      code: "stray_database",
      subject: "old_preview",
      repair: null,
      hint: expect.stringContaining("drop it"),
    },
  ]);
  await asSuperuser("drop database old_preview");
});

describe("what pg_hba.conf lets in", () => {
  test("is found by trying: a superuser over TCP, a slot's login in the control database", async () => {
    await useHba(hba.before);
    expect(await found()).toEqual(["door_open postgres", `door_open ${CONTROL_DATABASE}`]);
    await useHba(SHUT.replace(" reject\nhost all all", " scram-sha-256\nhost all all"));
    expect(await found()).toEqual([`door_open ${CONTROL_DATABASE}`]);
    await useHba(SHUT);
    expect(await found()).toEqual([]);
  });
});

test("settings that let passwords out or logins linger are found and put right", async () => {
  await asSuperuser("alter system set password_encryption = 'md5'");
  await asSuperuser("alter system set authentication_timeout = '2min'");
  await asSuperuser("select pg_reload_conf()");
  const wrong = ["setting_wrong password_encryption", "setting_wrong authentication_timeout"];
  await eventually(async () => (await found()).join() === wrong.join(), { deadlineMs: 60_000 });
  await provisionAccess({ superuserUrl: superuserUrl() });
  await eventually(async () => (await found()).length === 0, { deadlineMs: 60_000 });
});
