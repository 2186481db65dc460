import { claimSlot, type LeaseRef } from "@oroboros/control-store";
import { LEASE_TTL_SECONDS, slotIds } from "@oroboros/slot-contract";
import { queryRows } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readBaseTemplate } from "../git/base-template.ts";
import { aWorld, type TestWorld } from "../testing/a-world.ts";
import { spareRounds } from "./keep-spares.ts";
import { resetLeasedDatabase } from "./reset-leased-database.ts";

const MANIFEST = {
  name: "app",
  frontend: {},
  backend: { start: ["node", "main.js"] },
  database: { migrations: "database" },
};
const files = (table: string, manifest: object = MANIFEST): Record<string, string> => ({
  "oroboros.app.json": JSON.stringify(manifest),
  "database/0001.sql": `create table ${table} ();`,
});

let world: TestWorld;
let lease: LeaseRef;
let round: () => Promise<void>;
beforeAll(async () => {
  world = await aWorld();
  const claim = await claimSlot(world.context.store, {
    runId: await world.queueRun({}),
    ttlSeconds: LEASE_TTL_SECONDS,
  });
  if (claim.outcome !== "claimed") throw new Error(`the run is ${claim.outcome}`);
  lease = claim.lease;
  round = spareRounds(world.context, new AbortController().signal);
});
afterAll(() => world?.[Symbol.asyncDispose]());

const spares = async (): Promise<unknown[]> => {
  const statement = "select datname, oid::text from pg_database where datname like 'spare!__' escape '!' order by 1";
  return (await queryRows(world.env.DATABASE_URL, statement))[0] ?? [];
};
const isWarm = async (): Promise<boolean> =>
  (await resetLeasedDatabase(world.context, lease, await readBaseTemplate(world.context.source, "latest"))).warm;

test("before main is pushed there is nothing to prepare", async () => {
  await round();
  expect(await spares()).toEqual([]);
});

test("every slot gets the database that its next reset takes, and no second one", async () => {
  await world.push("main", files("notes"));
  await round();
  const made = await spares();
  expect(made).toHaveLength(slotIds(world.contract).length);
  await round();
  expect(await spares()).toEqual(made);
  expect(await isWarm()).toBe(true);
});

test("what was taken is made again, and what main has moved on from", async () => {
  await round();
  expect(await isWarm()).toBe(true);
  await world.push("main", files("other"));
  await round();
  expect(await isWarm()).toBe(true);
});

test("one that is taken before anybody has seen it is made again in the next round", async () => {
  await isWarm();
  await round();
  expect(await isWarm()).toBe(true);
  await round();
  expect(await isWarm()).toBe(true);
});

test("a main that is no base stops nothing, and is looked at again when it has moved", async () => {
  await world.push("main", files("notes", { name: "Not An App" }));
  await round();
  await world.push("main", files("third"));
  await round();
  expect(await isWarm()).toBe(true);
});
