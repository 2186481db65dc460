import { snapshotDatabase, templateDatabase, type LeaseEpoch } from "@oroboros/slot-contract";
import { eventually, rounds } from "@oroboros/test-support";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { KEY, provisionedServer, query, SLOTS, type ProvisionedServer } from "../../test/provisioned-server.ts";
import {
  createSnapshotOfSlot,
  dropSnapshotDatabases,
  fingerprintSlotDatabase,
  holdSnapshot,
  templateHash,
  verifySnapshot,
  type SnapshotSource,
  type SqlFile,
  type TemplateSource,
} from "../index.ts";

const [slot, other] = SLOTS;
const ITEMS: SqlFile = {
  name: "0001_items.sql",
  sql: "create schema app; create table app.items (id bigint generated always as identity primary key, body text);",
};
const LATER: SqlFile = { name: "0002_done.sql", sql: "alter table app.items add column done boolean default false;" };
const BASE: TemplateSource = {
  migrations: [ITEMS],
  seed: { version: "v1", sql: "insert into app.items (body) values ('from the seed');" },
};

let server: ProvisionedServer;
let count = 0;

beforeAll(async () => {
  server = await provisionedServer();
});
afterAll(() => server?.stop());
beforeEach(async () => {
  await server.reset(slot, BASE);
});

const asSlot = async (text: string, of = slot): Promise<Record<string, unknown>[]> =>
  query(await server.asSlot(of), text);
const asSuperuser = (text: string, database?: string): Promise<Record<string, unknown>[]> =>
  query(server.superuserUrl(database), text);
const databases = async (): Promise<string[]> =>
  (await asSuperuser("select datname from pg_database order by 1")).map(({ datname }) => String(datname));

/** As an operation makes it, which numbers snapshots by their rows. */
async function snapshot(of = slot): Promise<SnapshotSource> {
  const id = String((count += 1));
  const version = `s${id}`;
  const leaseEpoch = "7" as LeaseEpoch;
  const request = { server: server.server, leaseEpoch, id, version };
  const { contentFingerprint } = await createSnapshotOfSlot(await server.access(of), request);
  return { id, version, contentFingerprint };
}

const from = (source: SnapshotSource, migrations: SqlFile[] = [ITEMS]): TemplateSource => ({
  migrations,
  seed: null,
  snapshot: source,
});

async function verify(source: SnapshotSource): Promise<void> {
  await using holder = await holdSnapshot(server.server, source.version, { alone: true });
  await verifySnapshot(holder, { server: server.server, snapshot: source, slotPasswordKey: KEY });
}

describe("a snapshot of a slot", () => {
  test("gives another slot the same content, whose own it is there, without the lease", async () => {
    await asSlot("insert into app.items (body) values ('by hand'); select setval('app.items_id_seq', 41)");
    const source = await snapshot();
    expect(await fingerprintSlotDatabase(await server.access(slot))).toBe(source.contentFingerprint);
    const report = await server.reset(other, from(source), undefined, null);
    expect(report).toMatchObject({ contentFingerprint: source.contentFingerprint });
    expect(await fingerprintSlotDatabase(await server.access(other))).toBe(source.contentFingerprint);
    expect(await asSlot("insert into app.items (body) values ('next') returning id", other)).toEqual([{ id: "42" }]);
    expect(await asSlot("select slot_id, run_id from oroboros.slot_lease", other)).toEqual([
      { slot_id: other, run_id: null },
    ]);
    expect(
      await asSlot("select distinct tableowner from pg_tables where schemaname in ('app', 'oroboros')", other),
    ).toEqual([{ tableowner: "slot_2" }]);
  });

  test("leaves the slot as it was, open to its login and to nobody else", async () => {
    const before = await asSuperuser(
      "select datdba, datacl::text, datistemplate, datallowconn, oid from pg_database where datname = 'app_preview_1'",
    );
    const fingerprint = await fingerprintSlotDatabase(await server.access(slot));
    await snapshot();
    expect(
      await asSuperuser(
        "select datdba, datacl::text, datistemplate, datallowconn, oid from pg_database where datname = 'app_preview_1'",
      ),
    ).toEqual(before);
    expect(await fingerprintSlotDatabase(await server.access(slot))).toBe(fingerprint);
  });

  test("is given what main has and it lacks, each file once", async () => {
    const source = await snapshot();
    await server.reset(other, from(source, [ITEMS, LATER]), undefined, null);
    expect(await asSlot("select body, done from app.items", other)).toEqual([{ body: "from the seed", done: false }]);
    expect(await asSlot("select name from oroboros.schema_migrations order by 1", other)).toEqual([
      { name: "0001_items.sql" },
      { name: "0002_done.sql" },
    ]);
  });

  test("gives the same fingerprint however often it is reset to", async () => {
    const source = await snapshot();
    for (let round = 0; round < rounds(20); round += 1) {
      await server.reset(slot, from(source));
      expect(await fingerprintSlotDatabase(await server.access(slot))).toBe(source.contentFingerprint);
      await asSlot("delete from app.items; drop table if exists app.items cascade; create table app.other ()");
    }
  });

  test("is sealed: nobody can log in, and it says what it is", async () => {
    const { id, version, contentFingerprint } = await snapshot();
    const [row] = await asSuperuser(`
      select datistemplate, datallowconn, datdba::regrole::text as owner, shobj_description(oid, 'pg_database') as comment
      from pg_database where datname = '${snapshotDatabase(id)}'`);
    expect(row).toEqual({
      datistemplate: true,
      datallowconn: false,
      owner: "oroboros_worker",
      comment: `oroboros:snapshot=${version}:content=${contentFingerprint}`,
    });
  });

  test("is proven to hold what it held, and told from one that was changed, closed again or not", async () => {
    const source = await snapshot();
    await verify(source);
    const database = snapshotDatabase(source.id);
    await asSuperuser(`alter database ${database} with allow_connections true`);
    await asSuperuser("insert into app.items (body) values ('slipped in')", database);
    await expect(verify(source)).rejects.toMatchObject({ code: "snapshot_changed" });
    await expect(server.reset(slot, from(source))).rejects.toMatchObject({ code: "snapshot_changed" });
    await asSuperuser(`alter database ${database} with allow_connections false`);
    await expect(verify(source)).rejects.toMatchObject({ code: "snapshot_changed" });
    await expect(verify({ ...source, id: "999" })).rejects.toMatchObject({ code: "snapshot_not_found" });
    expect((await databases()).filter((name) => name.endsWith("_copy"))).toEqual([]);
  });

  test("goes with the templates that were made from it, and not while one is being made", async () => {
    const source = await snapshot();
    await server.reset(slot, from(source));
    {
      await using _user = await holdSnapshot(server.server, source.version, { alone: false });
      await expect(holdSnapshot(server.server, source.version, { alone: true })).rejects.toMatchObject({
        code: "snapshot_in_use",
      });
    }
    await using holder = await holdSnapshot(server.server, source.version, { alone: true });
    const templateHashes = [templateHash(from(source))];
    const names = [snapshotDatabase(source.id), templateDatabase(templateHashes[0] ?? "")];
    expect((await databases()).filter((name) => names.includes(name))).toHaveLength(2);
    for (let again = 0; again < 2; again += 1) await dropSnapshotDatabases(holder, { ...source, templateHashes });
    expect((await databases()).filter((name) => names.includes(name))).toEqual([]);
    await expect(server.reset(other, from(source), undefined, null)).rejects.toMatchObject({
      code: "snapshot_not_found",
    });
  });

  test("ends the slot's sessions while it is copied, and lets them in again", async () => {
    const holding = asSlot("select pg_sleep(60)");
    const ended = expect(holding).rejects.toMatchObject({ code: "57P01" });
    const inside = "select from pg_stat_activity where wait_event = 'PgSleep'";
    await eventually(async () => (await asSuperuser(inside)).length === 1, { deadlineMs: 20_000 });
    await snapshot();
    await ended;
    expect(await asSlot("select 1 as one")).toEqual([{ one: 1 }]);
  });

  test("is not made under a lease that is lost", async () => {
    const before = await databases();
    const request = { server: server.server, leaseEpoch: "6" as LeaseEpoch, id: "77", version: "lost" };
    await expect(createSnapshotOfSlot(await server.access(slot), request)).rejects.toMatchObject({
      code: "stale_lease",
    });
    expect(await databases()).toEqual(before);
    expect(await asSlot("select 1 as one")).toEqual([{ one: 1 }]);
  });
});
