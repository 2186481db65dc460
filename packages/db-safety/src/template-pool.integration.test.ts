import { eventually } from "@oroboros/test-support";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { provisionedServer, query, SLOTS, type ProvisionedServer } from "../test/provisioned-server.ts";
import { ensureTemplate, prepareSpareDatabase, pruneTemplates, resetSlotDatabase } from "./index.ts";
import { openAsOwner } from "./sessions.ts";
import { templateLock } from "./template-registry.ts";
import type { TemplateSource } from "./template-source.ts";

const KEY = { slotPasswordKey: "5ec3e7".padEnd(64, "0") };
const [slot, other] = SLOTS;
const REFILL = "hashtextextended('oroboros:refill', 0)";

let machine: ProvisionedServer;
beforeAll(async () => {
  machine = await provisionedServer();
});
afterAll(() => machine?.stop());

let made = 0;
const aSource = (): TemplateSource => ({
  migrations: [{ name: "0001.sql", sql: `create table t${(made += 1)} ();` }],
  seed: null,
});
const control = (statement: string): Promise<Record<string, unknown>[]> =>
  query(machine.superuserUrl("builder_control"), statement);
const exists = async (database: string): Promise<boolean> =>
  (await control(`select from pg_database where datname = '${database}'`)).length > 0;
const agedBy = (interval: string): Promise<unknown> =>
  control(`update slot_access.template_databases set used_at = used_at - interval '${interval}'`);
const prune = (unusedForSeconds = 3_600): Promise<string[]> => pruneTemplates(machine.server, { unusedForSeconds });

test("a template that nobody has copied for long is dropped, one that was copied since stays", async () => {
  const [old, used] = [aSource(), aSource()];
  const { database: idle } = await ensureTemplate(machine.server, old, KEY);
  const { database: wanted } = await ensureTemplate(machine.server, used, KEY);
  await agedBy("2 hours");
  await machine.prepare(slot, used);
  expect(await prune()).toEqual([idle]);
  expect([await exists(idle), await exists(wanted)]).toEqual([false, true]);
  expect(await prune()).toEqual([]);
});

test("a database that only looks like a template is nobody's to drop", async () => {
  const database = `seed_${"ab".repeat(16)}`;
  await query(machine.superuserUrl(), `create database ${database} owner oroboros_worker`);
  await agedBy("2 hours");
  await prune();
  expect(await exists(database)).toBe(true);
  await query(machine.superuserUrl(), `drop database ${database}`);
});

test("what a build that was killed has left is dropped, by the name that was written down first", async () => {
  const { database } = await ensureTemplate(machine.server, aSource(), KEY);
  await query(machine.superuserUrl(), `comment on database ${database} is null`);
  await query(machine.superuserUrl(), `alter database ${database} with is_template false`);
  await agedBy("2 hours");
  expect(await prune()).toContain(database);
  expect(await exists(database)).toBe(false);
});

test("a template that is being copied stays", async () => {
  const { database } = await ensureTemplate(machine.server, aSource(), KEY);
  await agedBy("2 hours");
  await using copier = await openAsOwner(machine.server);
  await copier.run(sql`select pg_catalog.pg_advisory_lock_shared(${templateLock(database)})`);
  expect(await prune()).not.toContain(database);
  expect(await exists(database)).toBe(true);
});

test("where the disk would not hold a copy nothing is made, and the old database serves", async () => {
  const before = aSource();
  await machine.reset(slot, before);
  const server = { ...machine.server, workerUrl: machine.server.workerUrl, freeBytes: () => Promise.resolve(0) };
  const source = aSource();
  await ensureTemplate(machine.server, source, KEY);
  const marker = { runId: null, leaseEpoch: (await machine.access(slot)).identity.loginEpoch };
  const refused = resetSlotDatabase(machine.permit(slot), {
    ...{ ...KEY, server, source, marker },
    withLeaseHeld: () => Promise.reject(new Error("nothing is swapped")),
  });
  await expect(refused).rejects.toMatchObject({ code: "disk_full" });
  expect(await exists("spare_1")).toBe(false);
  const table = `select to_regclass('t${made - 1}') is not null as there`;
  expect(await query(await machine.asSlot(slot), table)).toEqual([{ there: true }]);
});

test("what nobody waits for is made one at a time, and whoever waits for a slot does not wait for that", async () => {
  await using busy = await openAsOwner(machine.server);
  await busy.run(sql`select ${sql.raw(`pg_advisory_lock(${REFILL})`)}`);
  const source = aSource();
  let isPrepared = false;
  const preparing = prepareSpareDatabase(machine.permit(other), { ...KEY, server: machine.server, source }).then(() => {
    isPrepared = true;
  });
  await machine.reset(slot, source);
  const waiting = "select from pg_locks where locktype = 'advisory' and not granted";
  await eventually(async () => (await control(waiting)).length === 1, { deadlineMs: 60_000 });
  expect(isPrepared).toBe(false);
  // Its old database has to wait for its turn as well.
  expect(await exists("retired_1")).toBe(true);
  await busy.run(sql`select ${sql.raw(`pg_advisory_unlock(${REFILL})`)}`);
  await preparing;
  await machine.prepare(slot, source);
  expect([await exists("retired_1"), await exists("spare_1"), await exists("spare_2")]).toEqual([false, true, true]);
});
