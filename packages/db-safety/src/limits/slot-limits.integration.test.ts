import { openControlStore } from "@oroboros/control-store";
import { slotDatabase, type LeaseEpoch, type SlotId } from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import { Client, DatabaseError } from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { provisionedServer, query, SLOTS, type ProvisionedServer } from "../../test/provisioned-server.ts";
import { capSlotDatabase, measureSlotDatabase } from "./cap-slot-database.ts";
import { endOffenders, type EndedSession } from "./end-offenders.ts";
import { SLOT_LIMITS, sizeLimit } from "./slot-limits.ts";

const [slot, other] = SLOTS;
const MIGRATIONS = [{ name: "0001.sql", sql: "create table notes (body text)" }];
const EMPTY = { migrations: MIGRATIONS, seed: null };
const MEGABYTE = 1024 ** 2;
/** What a client is told whose session is ended; in the middle of a commit the server only hangs up. */
const ENDED = /terminat(?:ing|ed)/;

let machine: ProvisionedServer;
let control: ReturnType<typeof openControlStore>;
beforeAll(async () => {
  machine = await provisionedServer();
  control = openControlStore({ databaseUrl: machine.server.workerUrl, onError: () => undefined });
  for (const each of SLOTS) await machine.reset(each, EMPTY);
});
afterAll(async () => {
  await control?.close();
  await machine?.stop();
});

async function slotSession(of: SlotId, ...statements: string[]): Promise<Client> {
  const client = new Client({ connectionString: await machine.asSlot(of) });
  client.on("error", () => undefined);
  await client.connect();
  onTestFinished(() => client.end().catch(() => undefined));
  for (const statement of statements) await client.query(statement);
  return client;
}

const guard = (limits: Partial<typeof SLOT_LIMITS> = {}): Promise<EndedSession[]> =>
  endOffenders(machine.server, { ...SLOT_LIMITS, ...limits });

const whys = (ended: readonly EndedSession[]): string[] => ended.map(({ why, database }) => `${why} ${database}`);

const isOpen = (client: Client): Promise<boolean> =>
  client.query("select 1").then(
    () => true,
    () => false,
  );

describe("a session that undid its settings", () => {
  const UNDONE = ["set statement_timeout = 0", "set idle_in_transaction_session_timeout = 0"];

  test("is ended when its transaction lasts for too long, also while a statement runs", async () => {
    const sleeper = await slotSession(slot, ...UNDONE);
    const asleep = expect(sleeper.query("select pg_sleep(600)")).rejects.toMatchObject({ code: "57P01" });
    const ended = await eventually(
      async () => {
        const found = await guard({ transactionSeconds: 0.2 });
        return found.length > 0 ? found : undefined;
      },
      { deadlineMs: 60_000 },
    );
    expect(whys(ended)).toEqual([`long_transaction ${slotDatabase(slot)}`]);
    await asleep;
  });

  test("is ended when one statement commits again and again, which makes every transaction of it a short one", async () => {
    const looping = await slotSession(
      slot,
      ...UNDONE,
      "create procedure spin() language plpgsql as 'begin loop commit; end loop; end'",
    );
    const spun = expect(looping.query("call spin()")).rejects.toThrow(ENDED);
    await eventually(async () => whys(await guard({ transactionSeconds: 0.5 })).length === 1, { deadlineMs: 60_000 });
    await spun;
  });

  test("is ended when its transaction stands idle, also a failed one", async () => {
    const idle = await slotSession(slot, ...UNDONE, "begin");
    const failed = await slotSession(slot, ...UNDONE, "begin");
    await expect(failed.query("select 1 / 0")).rejects.toBeInstanceOf(DatabaseError);
    const ended: EndedSession[] = [];
    await eventually(async () => ended.push(...(await guard({ idleSeconds: 0.2 }))) === 2, { deadlineMs: 60_000 });
    expect(whys(ended)).toEqual(Array.from({ length: 2 }, () => `idle_in_transaction ${slotDatabase(slot)}`));
    expect(await isOpen(idle)).toBe(false);
  });

  test("leaves its neighbours, and our own sessions, as they are", async () => {
    const neighbour = await slotSession(other);
    const quick = await slotSession(slot);
    const ours = new Client({ connectionString: machine.server.workerUrl });
    await ours.connect();
    onTestFinished(() => ours.end());
    await ours.query("begin");
    expect(await guard({ transactionSeconds: 60, idleSeconds: 0 })).toEqual([]);
    expect(await Promise.all([neighbour, quick, ours].map(isOpen))).toEqual([true, true, true]);
  });
});

describe("a session that stands in the way of the runtime", () => {
  /** What the slot does in an open transaction, and what of ours waits for it. */
  const CASES: [string, string[], () => Promise<unknown>][] = [
    [
      "a setting of its own in another slot's database, whose reset then waits",
      ["begin", "alter role slot_1 in database app_preview_2 set work_mem = '4MB'"],
      () => machine.reset(other, EMPTY),
    ],
    [
      "its own password, before it is locked out",
      ["set role none", "begin", "alter role current_user password 'x'"],
      () => machine.lockOut(slot),
    ],
    [
      "the rights of its next database, which is being made",
      ["begin", "grant create on database spare_1 to public"],
      () => machine.reset(slot, { ...EMPTY, migrations: [...MIGRATIONS, { name: "0002.sql", sql: "select 2" }] }),
    ],
  ];

  test.each(CASES)("is ended: it changes %s", async (_, statements, act) => {
    await machine.prepare(slot, EMPTY);
    const blocker = await slotSession(slot, ...statements);
    // It would go on for ever, and its client may be gone.
    void blocker.query("select pg_sleep(600)").catch(() => undefined);
    let isDone = false;
    const done = act().finally(() => {
      isDone = true;
    });
    const ended: string[] = [];
    await eventually(
      async () => {
        ended.push(...whys(await guard()));
        return isDone;
      },
      { deadlineMs: 60_000 },
    );
    await done;
    // A reset of its own slot may have ended it already.
    expect(ended.filter((why) => why !== `blocked_runtime ${slotDatabase(slot)}`)).toEqual([]);
    expect(await isOpen(blocker)).toBe(false);
    await machine.reset(slot, EMPTY);
  });
});

test("a listener that reads nothing while others notify does not fill the queue that all databases share", async () => {
  const deaf = await slotSession(slot, "listen noise", "begin", "select 1");
  const noisy = await slotSession(slot);
  const usage = async (): Promise<number> =>
    Number((await query(machine.superuserUrl(), "select pg_notification_queue_usage() as share"))[0]?.["share"]);
  await eventually(
    async () => {
      await noisy.query("select count(pg_notify('noise', repeat(n::text, 1900))) from generate_series(1000, 9000) n");
      return (await usage()) > 0.1;
    },
    { deadlineMs: 60_000 },
  );
  const ended: string[] = [];
  await eventually(async () => ended.push(...whys(await guard())) > 0, { deadlineMs: 60_000 });
  expect(ended).toEqual([`notification_queue ${slotDatabase(slot)}`]);
  expect(await isOpen(deaf)).toBe(false);
  await noisy.query("notify noise");
  await eventually(async () => (await usage()) < 0.1, { deadlineMs: 60_000 });
});

test("settings of its own role do not fill the catalog that all databases share", async () => {
  const writer = await slotSession(slot);
  const writing = writer.query(`do $$ begin loop
    execute format('alter role slot_1 set application_name = %L', (select string_agg(md5(random()::text), '') from generate_series(1, 100000)));
    commit;
  end loop; end $$`);
  const stopped = expect(writing).rejects.toThrow(ENDED);
  const ended: string[] = [];
  await eventually(async () => ended.push(...whys(await guard())) > 0, { deadlineMs: 90_000 });
  expect(ended).toEqual([`role_settings ${slotDatabase(slot)}`]);
  await stopped;
  await query(machine.superuserUrl(), "alter role slot_1 reset all");
  await query(machine.superuserUrl(), "vacuum full pg_db_role_setting");
});

describe("a database that grows past its limit", () => {
  const limits = { ...SLOT_LIMITS, bytes: 32 * MEGABYTE, templateFactor: 1 };
  const measure = async (of: SlotId) =>
    measureSlotDatabase(await machine.access(of), { server: machine.server, limits });
  const cap = async (of: SlotId, limit: number, leaseEpoch = "7"): Promise<number[]> => {
    const sizes: number[] = [];
    await capSlotDatabase(machine.permit(of), {
      server: machine.server,
      leaseEpoch: leaseEpoch as LeaseEpoch,
      limit,
      withLeaseHeld: async (act) => {
        const bytes = await control.db.transaction().execute(act);
        if (bytes !== null) sizes.push(bytes);
        return bytes;
      },
    });
    return sizes;
  };

  test("is measured without a session in it, temporary tables and large objects included", async () => {
    const before = await measure(slot);
    expect(before.isLockedOut).toBe(false);
    expect(before.bytes).toBeGreaterThan(MEGABYTE);
    expect(before.limit).toBe(32 * MEGABYTE);
    const writer = await slotSession(
      slot,
      "create temp table heap as select repeat(md5(n::text), 100) from generate_series(1, 10000) n",
    );
    const withTable = await measure(slot);
    await writer.query(
      "select lo_from_bytea(0, convert_to(string_agg(md5(n::text), ''), 'utf8')) from generate_series(1, 300000) n",
    );
    const withObject = await measure(slot);
    expect(withTable.bytes - before.bytes).toBeGreaterThan(MEGABYTE / 2);
    expect(withObject.bytes - withTable.bytes).toBeGreaterThan(4 * MEGABYTE);
  });

  test("keeps its login out and its sessions are ended, once; its neighbour goes on", async () => {
    const writer = await slotSession(
      slot,
      "create table big as select repeat(md5(random()::text), 60) as t from generate_series(1, 20000)",
    );
    const neighbour = await slotSession(other);
    const { bytes, limit } = await measure(slot);
    expect(bytes).toBeGreaterThan(limit);
    // Where it holds its own role's row.
    await writer.query("set role none; begin; alter role current_user password 'x'");
    const [recorded] = await cap(slot, limit);
    expect(recorded).toBeGreaterThan(limit);
    expect(await isOpen(writer)).toBe(false);
    await expect(slotSession(slot)).rejects.toMatchObject({ code: "28000" });
    expect(await isOpen(neighbour)).toBe(true);
    expect(await cap(slot, limit)).toEqual([]);
    expect(await measure(slot)).toMatchObject({ isLockedOut: true });
  });

  test("is given back by a reset under the same lease", async () => {
    await machine.reset(slot, EMPTY);
    expect(await isOpen(await slotSession(slot))).toBe(true);
    expect(await measure(slot)).toMatchObject({ isLockedOut: false });
  });

  test("is left alone where it became smaller in time, or the lease is another one's", async () => {
    expect(await cap(slot, 1024 * MEGABYTE)).toEqual([]);
    await expect(cap(slot, 1, "6")).rejects.toMatchObject({ code: "stale_lease" });
    expect(await isOpen(await slotSession(slot))).toBe(true);
  });
});

test("a large template gives room for ten of it", () => {
  expect(sizeLimit(SLOT_LIMITS, 0)).toBe(2 * 1024 ** 3);
  expect(sizeLimit(SLOT_LIMITS, 1024 ** 3)).toBe(10 * 1024 ** 3);
});
