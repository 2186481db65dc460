import { OperatorError } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Act } from "../test/destructive-acts.ts";
import { hostileTargets } from "../test/hostile-targets.ts";
import { KEY, query, SLOTS } from "../test/provisioned-server.ts";
import { runInEnvironment } from "../test/run-in-environment.ts";
import { twoServers, type TwoServers } from "../test/two-servers.ts";
import { judgeSlotDatabase, type SlotDatabasePermit } from "./index.ts";
import { openAsSlot } from "./sessions.ts";

const [slot] = SLOTS;
const EMPTY = { migrations: [], seed: null };
const NOTES = { migrations: [{ name: "0001_notes.sql", sql: "create table notes (body text)" }], seed: null };

let world: TwoServers;
beforeAll(async () => {
  world = await twoServers();
});
afterAll(() => world?.[Symbol.asyncDispose]());

async function outcome(act: () => unknown): Promise<unknown> {
  try {
    await act();
    return "done";
  } catch (error) {
    return error instanceof OperatorError ? error.code : error;
  }
}

/** What each of the acts ends with: a code, or "done". */
async function outcomes(
  acts: Readonly<Record<string, Act>>,
  permit: SlotDatabasePermit,
): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  for (const [name, act] of Object.entries(acts)) all[name] = await outcome(() => act(permit));
  return all;
}

const allBut = (acts: object, code: string, but: Record<string, string> = {}): Record<string, string> => ({
  ...Object.fromEntries(Object.keys(acts).map((name) => [name, code])),
  ...but,
});

describe("the judge", () => {
  test("lets every act through to the slot's own database, and production sees none of it", async () => {
    await world.ours.reset(slot, NOTES);
    expect(Object.keys(await world.look()).length).toBeGreaterThan(25);
    for (const name of Object.keys((await world.startRuntime()).acts)) {
      await world.ours.reset(slot, name === "migrateSlotDatabase" ? EMPTY : NOTES);
      await using runtime = await world.startRuntime();
      await runtime.acts[name]?.(runtime.permit);
    }
    await world.expectUntouched("nobody came");
  });

  test("lets none through to any of the hostile targets, and nothing connects anywhere", async () => {
    await world.ours.reset(slot, NOTES);
    await world.look();
    await using runtime = await world.startRuntime();
    const { acts, server } = runtime;
    const found: Record<string, unknown> = {};
    for (const { url, code } of hostileTargets(slot, server, world.production)) {
      for (const [name, act] of Object.entries(acts)) {
        const ended = await outcome(() => act(judgeSlotDatabase({ slot, claimedUrl: url, server })));
        if (ended !== code) found[`${name} ${url}`] = ended;
      }
    }
    expect(found).toEqual({});
    await world.expectUntouched("nobody came");
  });
});

describe("a process with an environment that names production", () => {
  test.each(["elsewhere", "beside", "files"] as const)("(%s) reaches its own server only", async (kind) => {
    await world.ours.reset(slot, EMPTY);
    await world.look();
    await using runtime = await world.startRuntime();
    const targets = hostileTargets(slot, runtime.server, world.production).filter(({ family }) =>
      /environment/.test(family),
    );
    const { identity } = await world.ours.access(slot);
    const answer = await runInEnvironment(kind, world.production, { server: runtime.server, identity, targets });
    expect(answer).toEqual({
      refused: Object.fromEntries(targets.map(({ url, code }) => [url, code])),
      done: allBut(answer.done, "done"),
      searchPath: "public",
      server: identity.systemIdentifier,
    });
    expect(Object.keys(answer.done)).toContain("migrateSlotDatabase");
    await world.expectUntouched("nobody came");
  });
});

describe("production that answers on the expected port", () => {
  const onProduction = (text: string) => query(world.production.superuserUrl("builder_control"), text);
  beforeEach(() => world.ours.reset(slot, NOTES));
  afterEach(() => world.port.to(world.ours.server.port));

  test("is refused by everything that a running worker does, also where it is installed just like ours", async () => {
    await using runtime = await world.startRuntime();
    await runtime.acts["prepareSpareDatabase"]?.(runtime.permit);
    await world.look();
    world.port.to(world.production.port);
    world.port.cut();
    // Whatever was left of a connection to ours is gone with the first that uses it.
    expect(await outcome(() => runtime.acts["prepareSpareDatabase"]?.(runtime.permit))).not.toBe("done");
    expect(await outcomes(runtime.acts, runtime.permit)).toEqual(
      allBut(runtime.acts, "identity_mismatch", { slotDatabaseUrl: "done" }),
    );
    await world.expectUntouched();
  });

  test("is refused by a worker that starts, where its control database is a copy of ours", async () => {
    const [own] = await onProduction("select system_identifier as id from slot_server");
    const { identity } = await world.ours.access(slot);
    await onProduction(`update slot_server set system_identifier = '${identity.systemIdentifier}'`);
    await world.look();
    world.port.to(world.production.port);
    await using runtime = await world.startRuntime();
    expect(await outcomes(runtime.acts, runtime.permit)).toEqual(
      allBut(runtime.acts, "identity_mismatch", { slotDatabaseUrl: "done" }),
    );
    await world.expectUntouched();
    await onProduction(`update slot_server set system_identifier = '${String(own?.["id"])}'`);
  });

  test("is refused by a worker that starts, where its control database only has the name of ours", async () => {
    await onProduction("alter table slot_server rename to servers");
    await world.look();
    world.port.to(world.production.port);
    await using runtime = await world.startRuntime();
    const { slotDatabaseUrl, ...found } = await outcomes(runtime.acts, runtime.permit);
    expect(slotDatabaseUrl).toBe("done");
    expect(found).toMatchObject({ resetSlotDatabase: "not_marked", migrateSlotDatabase: "identity_mismatch" });
    expect(new Set(Object.values(found))).toEqual(new Set(["not_marked", "identity_mismatch"]));
    await world.expectUntouched();
    await onProduction("alter table servers rename to slot_server");
  });

  test("is refused when only the lease's transaction leads there", async () => {
    await world.ours.reset(slot, NOTES, undefined, undefined, { keepOld: true });
    const before = await world.ours.access(slot);
    await using runtime = await world.startRuntime({ url: world.productionWorkerUrl });
    await world.look();
    for (const name of ["lockSlotOut", "dropKeptDatabase", "restoreKeptDatabase", "resetSlotDatabase"])
      expect([name, await outcome(() => runtime.acts[name]?.(runtime.permit))]).toEqual([name, "identity_mismatch"]);
    expect(await world.ours.access(slot)).toEqual(before);
    await world.expectUntouched();
  });

  test("gets nothing of a session whose connection was cut, which is over and not connected again", async () => {
    await using runtime = await world.startRuntime();
    const { identity } = await world.ours.access(slot);
    const session = await openAsSlot({ permit: runtime.permit, identity, slotPasswordKey: KEY });
    await world.look();
    world.port.to(world.production.port);
    world.port.cut();
    await expect(session.run(sql`insert into notes values ('lost')`)).rejects.toThrow();
    await expect(session.run(sql`insert into notes values ('again')`)).rejects.toThrow();
    await world.expectUntouched("nobody came");
  });
});
