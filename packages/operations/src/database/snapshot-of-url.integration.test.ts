import { mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";
import { listUnfinishedSnapshots } from "@oroboros/control-store";
import { contentHash, listProcesses } from "@oroboros/host";
import { CONTROL_DATABASE, slotDatabase, snapshotWork } from "@oroboros/slot-contract";
import { eventually, queryRows, startPostgres, type TestPostgres } from "@oroboros/test-support";
import { tinyApp } from "@oroboros/test-runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { slotDatabaseUrl } from "@oroboros/db-safety";
import { aWorld, type TestWorld } from "../testing/a-world.ts";
import { resetDatabase } from "./reset-database.ts";
import { slotAccess } from "./slot-access.ts";
import { listSnapshotVersions } from "./snapshot-list.ts";
import { snapshotUrl } from "./snapshot-of-url.ts";

const actor = { principal: "host:uid=0", traceId: null };
const PASSWORD = "pr0duct:on\\secret";
/** Values of people, which nobody may find in a preview. */
const SECRETS = ["ada.lovelace@example.com", "+49 151 2345678", "a private letter of some length"];
const MASK = {
  name: "mask.sql",
  sql: `update shop.people set email = 'person' || id || '@invalid', phone = null, letter = 'masked';
    select lo_unlink(oid) from pg_largeobject_metadata;`,
};
const DEADLINE = { deadlineMs: 30_000 };
const TOOLS = (await readdir("/usr/lib/postgresql")).map((version) => `/usr/lib/postgresql/${version}/bin`);

let world: TestWorld;
let production: TestPostgres;
let url: string;

beforeAll(async () => {
  world = await aWorld();
  await world.push("main", { ...tinyApp() });
  production = await startPostgres();
  await queryRows(
    production.superuserUrl(),
    `create role dumper login password '${PASSWORD}'`,
    "grant pg_read_all_data to dumper",
    "create database shop",
  );
  await queryRows(
    production.superuserUrl("shop"),
    "create extension citext",
    "create schema shop",
    "create table shop.people (id bigint generated always as identity primary key, email citext unique, phone text, letter text)",
    `insert into shop.people (email, phone, letter) select n || '${SECRETS[0]}', '${SECRETS[1]}', '${SECRETS[2]}' from generate_series(1, 500) n`,
    "create materialized view shop.domains as select email::text as address from shop.people",
    `select lo_from_bytea(0, '${SECRETS[2]}')`,
    "do $$ begin execute format('grant select on large object %s to dumper', (select oid from pg_largeobject_metadata)); end $$",
    "analyze",
  );
  url = `postgresql://dumper@${production.host}:${production.port}/shop`;
});
afterAll(async () => {
  await production?.stop();
  await world?.[Symbol.asyncDispose]();
});
const rowsOf = async (at: string, statement: string): Promise<Record<string, unknown>[]> =>
  (await queryRows(at, statement)).flat() as Record<string, unknown>[];

const take = (version: string, more: object = {}) =>
  snapshotUrl(world.context, {
    url,
    password: PASSWORD,
    mask: MASK,
    version,
    actor,
    dryRun: false,
    toolDirectories: TOOLS,
    ...more,
  });

/** Every value in every file of a database, as whoever has the disk sees it. */
async function filesWith(database: string, texts: readonly string[]): Promise<string[]> {
  const admin = world.superuserUrl();
  await queryRows(admin, "checkpoint");
  const [row] = await rowsOf(
    admin,
    `select oid::text, current_setting('data_directory') as data from pg_database where datname = '${database}'`,
  );
  const directory = join(String(row?.["data"]), "base", String(row?.["oid"]));
  const found: string[] = [];
  for (const name of await readdir(directory)) {
    // The server may have removed or renamed one meanwhile: vacuum's, or its cache of the catalogs.
    const content = await readFile(join(directory, name)).catch(emptyIfGone);
    found.push(...texts.filter((text) => content.includes(text)).map((text) => `${name}: ${text}`));
  }
  return found;
}

function emptyIfGone(error: NodeJS.ErrnoException): Buffer {
  if (error.code !== "ENOENT") throw error;
  return Buffer.alloc(0);
}

/** A dump waits for the table that long. */
async function keepPeopleLocked(): Promise<{ letGo(): Promise<void> }> {
  const [url, sleep] = [production.superuserUrl("shop"), "select pg_sleep(600)"];
  const keepers = `from pg_stat_activity where query = '${sleep}'`;
  const kept = queryRows(url, "begin", "lock table shop.people", sleep).catch((error: unknown) => error);
  await eventually(async () => (await rowsOf(url, `select ${keepers}`)).length === 1, DEADLINE);
  return {
    letGo: async () => {
      await queryRows(url, `select pg_cancel_backend(pid) ${keepers}`);
      expect(await kept).toMatchObject({ code: "57014" });
    },
  };
}

const checksumOf = async (): Promise<unknown> =>
  queryRows(
    production.superuserUrl("shop"),
    `select (select md5(string_agg(p::text, '' order by id)) from shop.people p) as people,
      (select md5(string_agg(d::text, '' order by address)) from shop.domains d) as domains,
      (select md5(string_agg(oid || ':' || lo_get(oid)::text, '')) from pg_largeobject_metadata) as letters,
      (select string_agg(xmin::text, '' order by id) from shop.people) as writers`,
  );

const databases = async (): Promise<string[]> =>
  (await rowsOf(world.superuserUrl(), "select datname from pg_database order by 1")).map((row) =>
    String(row["datname"]),
  );

describe("a snapshot of production", () => {
  test("holds what the masking script has left, and a slot starts from it; production is only read", async () => {
    const before = await checksumOf();
    const created = await take("shop-1");
    expect(created).toMatchObject({
      created: true,
      closed_ms: null,
      source: `${production.host}:${production.port}/shop`,
    });
    expect(await checksumOf()).toEqual(before);
    const { slot, context } = world;
    const reset = await resetDatabase(context, { slot, force: false, snapshotVersion: "shop-1", dryRun: false });
    expect(reset).toMatchObject({ strategy: "snapshot", snapshot_version: "shop-1" });
    const own = slotDatabaseUrl(await slotAccess(context, slot));
    expect(await rowsOf(own, "select * from shop.people where id = 7")).toEqual([
      { id: "7", email: "person7@invalid", phone: null, letter: "masked" },
    ]);
    expect(await rowsOf(own, "select address from shop.domains order by 1 limit 1")).toEqual([
      { address: "person100@invalid" },
    ]);
    expect(await listSnapshotVersions(context)).toMatchObject([
      { snapshot_version: "shop-1", masked_by: contentHash(MASK.sql) },
    ]);
  });

  test("has no value of production in any file of it, nor has the slot's", async () => {
    const [row] = await rowsOf(
      world.superuserUrl(),
      "select datname from pg_database where datname like 'snapshot\\__' limit 1",
    );
    const database = String(row?.["datname"]);
    expect(await filesWith(database, ["person7@invalid"])).not.toEqual([]);
    for (const each of [database, slotDatabase(world.slot)])
      expect([each, await filesWith(each, SECRETS)]).toEqual([each, []]);
  });

  test("made again of the same content is said to be there, and with another script refused", async () => {
    expect(await take("shop-1")).toMatchObject({ created: false });
    const other = { name: "other.sql", sql: `${MASK.sql} delete from shop.people where id > 5;` };
    await expect(take("shop-1", { mask: other })).rejects.toMatchObject({ code: "snapshot_exists" });
    expect((await databases()).filter((name) => name.startsWith("snapshot_"))).toHaveLength(1);
  });

  test.each([
    ["no script", undefined],
    ["an empty one", { name: "mask.sql", sql: " \n" }],
  ])("is not made with %s", async (_, mask) => {
    await expect(take("unmasked", { mask })).rejects.toMatchObject({
      code: "mask_required",
      hint: expect.stringContaining("--mask mask.sql") as string,
    });
  });

  test.each([
    ["a script that fails", "update shop.people set email = null; select 1 / 0", "mask_failed", "SQLSTATE 22012"],
    [
      "a script that ends its transaction",
      "update shop.people set letter = ''; commit",
      "mask_failed",
      "it ends the transaction",
    ],
    ["a command of psql", "\\! id", "mask_failed", "42601"],
  ])("leaves nothing where it meets %s", async (_, sql, code, message) => {
    const before = await databases();
    await expect(take("broken", { mask: { name: "mask.sql", sql } })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
      hint: expect.stringContaining("Nothing of the snapshot was kept") as string,
    });
    expect(await databases()).toEqual(before);
    expect(await listUnfinishedSnapshots(world.context.store)).toEqual([]);
    expect(await exists(dirname(snapshotWork(world.contract, "1")))).toBe(true);
    expect(await readdir(dirname(snapshotWork(world.contract, "1")))).toEqual([]);
  });

  test("of what can not be dumped or restored leaves nothing either, and quotes no row", async () => {
    const before = await databases();
    const sourceOf = (name: string): string => url.replace(/shop$/, name);
    await queryRows(production.superuserUrl(), "create database locked", "create database odd");
    await queryRows(
      production.superuserUrl("locked"),
      "create table mine (a int)",
      "alter table mine enable row level security",
    );
    await queryRows(production.superuserUrl("odd"), "create extension pageinspect");
    for (const [name, tool] of [
      ["locked", "pg_dump"],
      ["odd", "pg_restore"],
    ] as const) {
      await expect(take("broken", { url: sourceOf(name) })).rejects.toMatchObject({
        code: "snapshot_failed",
        message: expect.stringMatching(new RegExp(`^${tool} failed on database`)) as string,
      });
    }
    expect(await databases()).toEqual(before);
  });

  test("shows the password to nobody: not in what fails, not in a list of processes, not in a file that stays", async () => {
    const seen: string[] = [];
    const isDumping = (): boolean => seen.some((line) => line.includes("pg_dump") && line.includes("--format=custom"));
    const isOurs = (command: string): boolean => command.includes("pg_") && command.includes(world.contract.root);
    const look = async (): Promise<void> => {
      for (const { pid, command } of listProcesses()) if (isOurs(command)) seen.push(await shownBy(pid));
    };
    const over = new AbortController();
    const keeper = await keepPeopleLocked();
    const taken = take("watched").finally(() => over.abort());
    await eventually(async () => (await look(), isDumping()), DEADLINE);
    await keeper.letGo();
    while (!over.signal.aborted) await look().then(() => delay(50));
    await taken;
    expect(seen.filter((line) => line.includes("secret"))).toEqual([]);
    const failed: unknown = await take("wrong", { password: "wrong:secret" }).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: "unreachable" });
    expect(inspect(failed, { depth: 9 })).not.toContain("secret");
    await expect(take("typed", { url: url.replace("dumper", "dumper:typed-secret") })).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.not.stringContaining("secret") as string,
      hint: expect.stringContaining("--password-file") as string,
    });
  });

  test.each([
    ["the control database", () => CONTROL_DATABASE],
    ["a slot's database", () => slotDatabase(world.slot)],
    ["a template", async () => (await databases()).find((name) => name.startsWith("seed_")) ?? ""],
  ])("is not taken of %s, however it is spelled", async (_, nameOf) => {
    const name = await nameOf();
    const admin = new URL(world.superuserUrl());
    await queryRows(world.superuserUrl(), `alter database ${name} with allow_connections true`);
    for (const host of ["127.0.0.1", "localhost"]) {
      const request = { url: `postgresql://${admin.username}@${host}:${admin.port}/${name}`, password: admin.password };
      await expect(take("ours", request)).rejects.toMatchObject({
        code: expect.stringMatching(/^(snapshot_refused|role_mismatch)$/) as string,
      });
    }
    if (name.startsWith("seed_"))
      await queryRows(world.superuserUrl(), `alter database ${name} with allow_connections false`);
  });

  test("names the package to install where the tools are missing or older than the server", async () => {
    const directory = await mkdtemp(join(tmpdir(), "oroboros-tools-"));
    const hint = "Install them with: apt-get install postgresql-client-15";
    await expect(take("tools", { toolDirectories: [directory] })).rejects.toMatchObject({
      code: "pg_tools_missing",
      hint,
    });
    for (const tool of ["pg_dump", "pg_restore"]) {
      await writeFile(join(directory, tool), `#!/bin/sh\necho "${tool} (PostgreSQL) 13.22 (Debian)"\n`, {
        mode: 0o755,
      });
    }
    await expect(take("tools", { toolDirectories: [directory] })).rejects.toMatchObject({
      code: "pg_tools_too_old",
      hint,
    });
    await rm(directory, { recursive: true });
  });

  test("is planned without being made", async () => {
    const before = await databases();
    expect(await take("planned", { dryRun: true })).toMatchObject({
      dry_run: true,
      plan: [expect.stringContaining("pg_dump"), "run mask.sql on a copy", "seal the masked copy as snapshot planned"],
    });
    expect(await databases()).toEqual(before);
  });
});

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
/** What `ps` shows of a process, and `ps e` to root. */
const shownBy = async (pid: number): Promise<string> => {
  const files = ["cmdline", "environ"].map((name) => readFile(`/proc/${pid}/${name}`, "utf8").catch(() => ""));
  return (await Promise.all(files)).join(" ");
};
