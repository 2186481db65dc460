import { eventually } from "@oroboros/test-support";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connectionEnded } from "../test/connection-ended.ts";
import { provisionedServer, query, SLOTS, type ProvisionedServer } from "../test/provisioned-server.ts";

const [slot, other] = SLOTS;
const EMPTY = { migrations: [], seed: null };
const REFUSED = { code: "28000" };

let machine: ProvisionedServer;
beforeAll(async () => {
  machine = await provisionedServer();
  await machine.reset(other, EMPTY);
});
afterAll(() => machine?.stop());
beforeEach(() => machine.reset(slot, EMPTY));

const asSlot = async (of = slot) => query<{ up: number }>(await machine.asSlot(of), "select 1 as up");

test("a slot that is locked out can not connect, what it had open is ended, and other slots are left alone", async () => {
  const open = query(await machine.asSlot(slot), "select pg_sleep(60)");
  const ended = expect(open).rejects.toMatchObject({ code: "57P01" });
  const neighbour = query<{ up: number }>(await machine.asSlot(other), "select 1 as up from pg_sleep(0.3)");
  const inside = "select from pg_stat_activity where query ~ '^select pg_sleep'";
  await eventually(async () => (await query(machine.superuserUrl(), inside)).length === 1, { deadlineMs: 60_000 });
  await machine.lockOut(slot);
  await ended;
  await expect(asSlot()).rejects.toMatchObject(REFUSED);
  expect(await neighbour).toEqual([{ up: 1 }]);
  await machine.lockOut(slot);
});

test("the next reset lets the slot in again, into the fresh database", async () => {
  await query(await machine.asSlot(slot), "create table old ()");
  await machine.lockOut(slot);
  await machine.reset(slot, EMPTY);
  expect(await asSlot()).toEqual([{ up: 1 }]);
  expect(await query(await machine.asSlot(slot), "select to_regclass('old') as old")).toEqual([{ old: null }]);
});

test("without its lease nothing is locked", async () => {
  const refused = machine.lockOut(slot, () => Promise.reject(new Error("the lease is gone")));
  await expect(refused).rejects.toThrow("gone");
  expect(await asSlot()).toEqual([{ up: 1 }]);
});

test("a client that comes again and again is out in the end", async () => {
  let isOver = false;
  const refusals: Error[] = [];
  const coming = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (!isOver) await asSlot().catch((error: Error) => refusals.push(error));
    }),
  );
  await machine.lockOut(slot);
  const inside = `select from pg_stat_activity where datname = 'app_preview_1'`;
  expect(await query(machine.superuserUrl(), inside)).toEqual([]);
  isOver = true;
  await coming;
  await expect(asSlot()).rejects.toMatchObject(REFUSED);
  const others = refusals.filter((error: Error & { code?: string }) => error.code !== REFUSED.code);
  expect(others.filter((error) => !connectionEnded(error))).toEqual([]);
});

test("a session that has changed its own role in a transaction it does not end keeps nobody from locking it out", async () => {
  await machine.reset(slot, EMPTY);
  const client = new Client({ connectionString: await machine.asSlot(slot) });
  client.on("error", () => undefined);
  await client.connect();
  await client.query("set role none; begin; alter role slot_1_e7 password 'other'");
  await machine.lockOut(slot);
  await expect(asSlot()).rejects.toMatchObject(REFUSED);
});

test("sessions that change their own role again and again do not keep a lockout from passing", async () => {
  await machine.reset(slot, EMPTY);
  const url = await machine.asSlot(slot);
  let isOver = false;
  const changing = Array.from({ length: 4 }, async () => {
    while (!isOver) await query(url, "set role none; alter role slot_1_e7 set work_mem = '4MB'").catch(() => undefined);
  });
  await machine.lockOut(slot);
  isOver = true;
  await Promise.all(changing);
  await expect(asSlot()).rejects.toMatchObject(REFUSED);
});
