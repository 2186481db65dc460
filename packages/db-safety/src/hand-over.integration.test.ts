import { afterAll, beforeAll, expect, test } from "vitest";
import { provisionedServer, query, SLOTS, type ProvisionedServer } from "../test/provisioned-server.ts";
import { ensureTemplate, type TemplateSource } from "./index.ts";

const KEY = { slotPasswordKey: "5ec3e7".padEnd(64, "0") };
const [slot] = SLOTS;

let machine: ProvisionedServer;
beforeAll(async () => {
  machine = await provisionedServer();
});
afterAll(() => machine?.stop());

let made = 0;
const aSource = (text: string, seed: string | null = null): TemplateSource => ({
  migrations: [{ name: `${(made += 1)}.sql`, sql: text }],
  seed: seed === null ? null : { version: "v1", sql: seed },
});
const inSlot = async (text: string): Promise<Record<string, unknown>[]> => query(await machine.asSlot(slot), text);

test("a policy for whoever applies main's migrations is for the slot in the slot's database", async () => {
  await machine.reset(
    slot,
    aSource(`create table notes (body text); insert into notes values ('one'), ('two');
      alter table notes enable row level security, force row level security;
      create policy mine on notes to current_user using (true);`),
  );
  expect(await inSlot("select count(*)::int as seen from notes")).toEqual([{ seen: 2 }]);
  expect(await inSlot("select polroles::regrole[]::text as roles from pg_policy")).toEqual([{ roles: "{slot_1}" }]);
});

test("rights that are given on what is still to be made are given on what the slot makes", async () => {
  await machine.reset(slot, aSource("alter default privileges grant select on tables to public"));
  await inSlot("create table later ()");
  const rights = "select 'later'::regclass, relacl::text as rights from pg_class where relname = 'later'";
  expect((await inSlot(rights))[0]?.["rights"]).toContain("=r/slot_1");
});

test.each([
  ["a migration", (text: string) => aSource(text)],
  ["a seed", (text: string) => aSource("select 1", text)],
])("%s that changes the templates' own role changes it for nobody else", async (_, source) => {
  await ensureTemplate(machine.server, source("alter role current_user password 'x'"), KEY);
  await ensureTemplate(machine.server, source("alter role current_user set timezone = 'Asia/Tokyo'"), KEY);
  const { database } = await ensureTemplate(machine.server, source("select 1"), KEY);
  expect(database).toMatch(/^seed_/);
  const settings = "select setconfig from pg_db_role_setting where setrole = 'slot_seed'::regrole";
  expect(await query(machine.superuserUrl(), settings)).toEqual([]);
});

test("nor does one that ends its transaction after it has", async () => {
  const stubborn = aSource("alter role current_user password 'x'; commit; begin;");
  await expect(ensureTemplate(machine.server, stubborn, KEY)).rejects.toMatchObject({ code: "migration_failed" });
  await ensureTemplate(machine.server, aSource("select 1"), KEY);
});
