import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { listSnapshots, listUnfinishedSnapshots } from "@oroboros/control-store";
import { fingerprintSlotDatabase, slotDatabaseUrl } from "@oroboros/db-safety";
import { listProcesses } from "@oroboros/host";
import { CONTROL_DATABASE, slotDatabase, snapshotDatabase, snapshotWork } from "@oroboros/slot-contract";
import { eventually, queryRows, rounds, startPostgres, type TestPostgres } from "@oroboros/test-support";
import { tinyApp } from "@oroboros/test-runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aWorld, type TestWorld } from "../testing/a-world.ts";
import { resetDatabase } from "./reset-database.ts";
import { slotAccess } from "./slot-access.ts";
import { dropSnapshotVersion } from "./snapshot-drop.ts";
import { snapshotSlot } from "./snapshot-of-slot.ts";
import { tidySnapshots } from "./snapshot-tidy.ts";

const PROGRAM = fileURLToPath(new URL("../testing/make-snapshot.ts", import.meta.url));
const TOOLS = (await readdir("/usr/lib/postgresql")).map((version) => `/usr/lib/postgresql/${version}/bin`);
const actor = { principal: "host:uid=0", traceId: null };
const DEADLINE = { deadlineMs: 60_000 };

let world: TestWorld;
let production: TestPostgres;
let count = 0;

beforeAll(async () => {
  world = await aWorld();
  await world.push("main", tinyApp());
  production = await startPostgres();
  await queryRows(
    production.superuserUrl(),
    "create table people as select n as id, 'person ' || n as name from generate_series(1, 20000) n",
  );
});
afterAll(async () => {
  await production?.stop();
  await world?.[Symbol.asyncDispose]();
});

const ask = async (statement: string, database?: string): Promise<Record<string, unknown>[]> =>
  (await queryRows(world.superuserUrl(database), statement)).flat() as Record<string, unknown>[];
const isSo = async (condition: string): Promise<boolean> => (await ask(`select where ${condition}`)).length > 0;

/** So much that a copy of it takes a while. */
const fillSlot = async (): Promise<unknown> =>
  queryRows(
    slotDatabaseUrl(await slotAccess(world.context, world.slot)),
    "create table bulk as select n, repeat(md5(n::text), 30) as body from generate_series(1, 60000) n",
  );

/** Starts making a snapshot in a process of its own and kills it once this is so, or once it is done. */
async function killOnce(request: object, condition: () => Promise<boolean>): Promise<void> {
  const argv = ["--conditions=oroboros-source", PROGRAM, JSON.stringify(world.env), JSON.stringify(request)];
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "ignore", "inherit"], detached: true });
  const exited = once(child, "exit");
  let isDone = false;
  void exited.then(() => (isDone = true));
  while (!isDone && !(await condition())) await Promise.resolve();
  if (!isDone && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  await exited;
}

/** Whatever was killed where, a round of the worker leaves what is complete and nothing else. */
async function expectTidy(): Promise<void> {
  const { store } = world.context;
  await eventually(async () => {
    await tidySnapshots(world.context);
    return (await listUnfinishedSnapshots(store)).length === 0;
  }, DEADLINE);
  // The server goes on copying for a process that is gone.
  await eventually(
    () => isSo("not exists (select from pg_stat_activity where query ilike 'create database%' and state = 'active')"),
    DEADLINE,
  );
  const complete = (await listSnapshots(store)).map(({ snapshotId }) => snapshotDatabase(snapshotId));
  const standing = (await ask("select datname from pg_database where starts_with(datname, 'snapshot_')")).map(
    ({ datname }) => datname,
  );
  expect(standing.toSorted()).toEqual(complete.toSorted());
  const directory = dirname(snapshotWork(world.contract, "1"));
  expect(await readdir(directory).catch(() => [])).toEqual([]);
  expect(
    await ask(`select datistemplate, datallowconn from pg_database where datname = '${slotDatabase(world.slot)}'`),
  ).toEqual([{ datistemplate: false, datallowconn: true }]);
}

const isThere = (condition: string) => (): Promise<boolean> =>
  isSo(`exists (select from pg_database where ${condition})`);
const isClosed = isThere("datname = 'app_preview_1' and datistemplate");
const SLOT_POINTS: [string, () => Promise<boolean>][] = [
  ["before anything was made", async () => (await listUnfinishedSnapshots(world.context.store)).length > 0],
  ["when the slot's database was closed", isClosed],
  ["when the copy stood there", isThere("starts_with(datname, 'snapshot_')")],
  ["when the copy was taken over", isThere("starts_with(datname, 'snapshot_') and datallowconn")],
  ["when it was sealed", isThere("starts_with(datname, 'snapshot_') and datistemplate")],
];

describe("a process that is killed while it makes a snapshot of a slot", () => {
  test.each(SLOT_POINTS)("%s leaves the slot serving what it had, and nothing else", async (_, condition) => {
    const { slot, context } = world;
    for (const { version } of await listSnapshots(context.store))
      await dropSnapshotVersion(context, { version, actor, dryRun: false });
    await resetDatabase(context, { slot, force: true, seedVersion: "v1", dryRun: false });
    await fillSlot();
    const content = await fingerprintSlotDatabase(await slotAccess(context, slot));
    const version = `k${(count += 1)}`;
    const request = { slot, version, actor, force: true, dryRun: false };
    await killOnce({ slot: request }, condition);
    await expectTidy();
    expect(await queryRows(slotDatabaseUrl(await slotAccess(context, slot)), "select 1 as one")).toEqual([
      [{ one: 1 }],
    ]);
    expect(await fingerprintSlotDatabase(await slotAccess(context, slot))).toBe(content);
    expect(await snapshotSlot(context, request)).toMatchObject({ content_fingerprint: content });
  });

  test("is followed by a reset of the slot as if nothing had happened", async () => {
    const { slot, context } = world;
    const version = `k${(count += 1)}`;
    await killOnce({ slot: { slot, version, actor, force: true, dryRun: false } }, isClosed);
    await resetDatabase(context, { slot, force: true, seedVersion: "v1", dryRun: false });
    expect(await queryRows(slotDatabaseUrl(await slotAccess(context, slot)), "select 1 as one")).toEqual([
      [{ one: 1 }],
    ]);
    await expectTidy();
  });
});

test("a snapshot whose maker was killed can be made at once, while the server still copies for the one that is gone", async () => {
  const { slot, context } = world;
  await resetDatabase(context, { slot, force: true, seedVersion: "v1", dryRun: false });
  await fillSlot();
  const request = { slot, version: `k${(count += 1)}`, actor, force: true, dryRun: false };
  await killOnce({ slot: request }, isClosed);
  const content = await eventually(async () => snapshotSlot(context, request), DEADLINE);
  expect(content).toMatchObject({ created: true });
  await expectTidy();
});

describe("a process that is killed while it makes a snapshot of production", () => {
  test("at whatever moment leaves no database, no dump and no password behind", async () => {
    const url = new URL(production.superuserUrl());
    const mask = { name: "mask.sql", sql: "update people set name = 'masked'" };
    for (let round = 0; round < rounds(40); round += 1) {
      const version = `p${round}`;
      const address = `postgresql://${url.username}@${url.host}${url.pathname}`;
      const request = {
        url: address,
        password: url.password,
        mask,
        version,
        actor,
        dryRun: false,
        toolDirectories: TOOLS,
      };
      const begun = `exists (select from db_snapshots where version = '${version}')`;
      const startedAt: number[] = [];
      await killOnce({ url: request }, async () => {
        if (startedAt.length === 0 && (await ask(`select where ${begun}`, CONTROL_DATABASE)).length > 0)
          startedAt.push(performance.now());
        return startedAt[0] !== undefined && performance.now() - startedAt[0] > ((round % 12) + 1) * 60;
      });
      const tools = (): unknown[] =>
        listProcesses().filter(({ command }) => command.includes(`--file=${world.contract.root}`));
      await eventually(() => tools().length === 0, DEADLINE);
      await expectTidy();
    }
  });
});
