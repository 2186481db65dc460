import { rounds } from "@oroboros/test-support";
import type { SlotId } from "@oroboros/slot-contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { provisionedServer, query, SLOTS, type ProvisionedServer } from "../../test/provisioned-server.ts";
import { openAsSlot } from "../sessions.ts";
import type { TemplateSource } from "../template-source.ts";
import { fingerprintDatabase } from "./fingerprint-database.ts";

const RESETS = Math.max(20, rounds(100));

const SOURCE: TemplateSource = {
  migrations: [
    {
      name: "0001.sql",
      sql: `
        create extension pgcrypto;
        create table items (id uuid primary key default gen_random_uuid(), nr serial, body text, made timestamptz default now());
        create table secret (tenant text);
        alter table secret enable row level security, force row level security;
        create policy own on secret using (tenant = current_user);
        create function touch() returns trigger language plpgsql as 'begin return new; end';
        create trigger touched before update on items for each row execute function touch();
        create view newest as select * from items order by nr desc;`,
    },
  ],
  // Different each time that it runs: only copies of one template can be alike.
  seed: { version: "v1", sql: "insert into items (body) select random()::text from generate_series(1, 200)" },
};

/** What a run leaves behind, in turn. */
const LEFT_BEHIND = [
  "insert into items (body) values ('mine')",
  "delete from items where nr % 2 = 0",
  "select nextval('items_nr_seq')",
  "alter table items alter body set default 'other'; create table mine (id int)",
  "drop view newest; drop table items cascade",
  "select lo_from_bytea(0, 'mine'); grant select on items to public",
  "drop schema public cascade",
];

let server: ProvisionedServer;
beforeAll(async () => {
  server = await provisionedServer();
});
afterAll(() => server?.stop());

/** Of what the slot itself sees in its live database. */
async function fingerprint(slot: SlotId): Promise<string> {
  await using session = await openAsSlot(await server.access(slot), { searchPath: "pg_catalog" });
  return await fingerprintDatabase(session);
}

test(`${RESETS} resets in a row, of two slots, warm and cold, give one content fingerprint`, async () => {
  const seen = new Set<string>();
  for (let round = 0; round < RESETS; round += 1) {
    const slot = SLOTS[round % 2]!;
    if (round % 3 === 0) await server.prepare(slot, SOURCE);
    await server.setEpoch(slot, String(100 + round));
    const report = await server.reset(slot, SOURCE);
    const live = await fingerprint(slot);
    expect(live).toBe(report.contentFingerprint);
    seen.add(live);
    await query(await server.asSlot(slot), LEFT_BEHIND[round % LEFT_BEHIND.length]!);
    expect(await fingerprint(slot)).not.toBe(live);
  }
  expect([...seen]).toHaveLength(1);
});

test("another template of the same files has another fingerprint, where its seed gives something else", async () => {
  const { contentFingerprint } = await server.reset(SLOTS[0], SOURCE);
  const again = { ...SOURCE, migrations: [...SOURCE.migrations, { name: "0002.sql", sql: "select 1" }] };
  expect((await server.reset(SLOTS[0], again)).contentFingerprint).not.toBe(contentFingerprint);
});
