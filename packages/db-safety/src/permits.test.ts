import { slotIds, type LeaseEpoch, type SlotId } from "@oroboros/slot-contract";
import { describe, expect, expectTypeOf, test } from "vitest";
import { actsOf } from "../test/destructive-acts.ts";
import * as exported from "./index.ts";
import { judgeSlotDatabase, slotServer, type SlotAccess, type SlotDatabasePermit } from "./index.ts";

/** The exported functions that take no permit, and why they need none. */
const WITHOUT = {
  judgeSlotDatabase: "makes permits",
  slotServer: "connects to nothing",
  templateHash: "connects to nothing",
  ensureTemplate: "makes only databases that are named after their content, and no slot's",
  findIdleTemplates: "reads the registry of templates",
  pruneTemplates: "drops only what the registry of templates names, which is no slot's",
  findKeptDatabases: "reads the catalog",
  inspectCluster: "reads the catalog, and tries logins that have to be refused",
  maxConnections: "connects to nothing",
  parseForeignUrl: "connects to nothing",
  inspectForeign: "only asks a server about a database that is no slot's",
  holdSnapshot: "holds a name, and changes nothing",
  createSnapshotOfDump: "makes a database that is named after a snapshot's row, and no slot's",
  tryDump: "makes such a copy and drops it",
  verifySnapshot: "makes such a copy and drops it",
  dropSnapshotDatabases: "drops what is named after a snapshot's row, and templates that were noted as made from it",
  takeBackLent: "opens live databases that a copy has closed, to whom their rights let in",
  findSpares: "reads the catalog",
  endOffenders: "ends sessions of slots' logins, by what they do to others",
  observeDatabases: "reads the catalog",
  judgeDatabases: "connects to nothing",
  compareContents: "reads copies that it makes and drops itself, under a name that is no slot's",
  provisionServer:
    "the installation's, as the superuser: drops no database but a spare of its own that it did not finish",
  provisionAccess: "the installation's, as the superuser",
  settingsAwaitingRestart: "the installation's, as the superuser: reads settings",
} as const;

type Exported = typeof exported;
type FunctionName = {
  [Name in keyof Exported]: Exported[Name] extends (...args: never[]) => unknown ? Name : never;
}[keyof Exported];
type NeedsPermit = Exclude<FunctionName, keyof typeof WITHOUT>;
type FirstOf<Name extends FunctionName> = Name extends FunctionName ? Parameters<Exported[Name]>[0] : never;

const [slot] = slotIds({ slotCount: 1 }) as [SlotId];
// Nobody listens there: an act that connects before it asks for the permit fails with another error.
const server = slotServer("postgresql://oroboros_worker:w@127.0.0.1:1/builder_control");
const acts = actsOf({
  slot,
  server,
  leaseEpoch: "7" as LeaseEpoch,
  identity: async () => ({ loginEpoch: "7" as LeaseEpoch, databaseOid: "1", systemIdentifier: "1" }),
  transaction: () => Promise.reject(new Error("the transaction was begun without a permit")),
});
// As the documents write it: what a claim says of a user is accepted, and is nobody's identity.
const claimedUrl = "postgresql+psycopg://postgres:postgres@127.0.0.1:1/app_preview_1";
const permit = judgeSlotDatabase({ slot, claimedUrl, server });

test("every exported function takes a permit first, or is listed with the reason why it needs none", () => {
  const functions = Object.entries(exported).flatMap(([name, value]) => (typeof value === "function" ? [name] : []));
  expect(functions.toSorted()).toEqual([...Object.keys(acts), ...Object.keys(WITHOUT)].toSorted());
  expectTypeOf<FirstOf<NeedsPermit>>().toExtend<SlotDatabasePermit | SlotAccess>();
  expectTypeOf<FirstOf<"slotDatabaseUrl">>().toEqualTypeOf<SlotAccess>();
  const looksAlike = { slot, database: "app_preview_1", role: "slot_1", host: "127.0.0.1", port: 1 };
  // @ts-expect-error only the judge makes a permit
  expectTypeOf(looksAlike).toExtend<SlotDatabasePermit>();
  // @ts-expect-error a permit cannot be changed
  expect(() => (permit.database = "app_production")).toThrow(TypeError);
});

const SLOT_URL = /^postgresql:\/\/slot_1_e7:[0-9a-f]{64}@127\.0\.0\.1:1\/app_preview_1$/;
const FORGERIES: [string, unknown][] = [
  ["a copy", { ...permit }],
  ["a changed copy", { ...permit, database: "app_production" }],
  ["a cast", { slot, database: "app_production", role: "postgres", host: "127.0.0.1", port: 1 }],
  ["one that inherits from a real one", Object.create(permit, { database: { value: "app_production" } })],
  ["a proxy", new Proxy({ ...permit }, { get: () => "app_production" })],
  ["one that went through JSON", JSON.parse(JSON.stringify(permit))],
  ["a clone", structuredClone({ ...permit })],
  ["nothing", {}],
  ["a name", "app_preview_1"],
];

describe.each(Object.keys(acts))("%s", (name) => {
  test.each(FORGERIES)("refuses %s of a permit before it connects to anything", async (_, forged) => {
    const act = async (): Promise<unknown> => acts[name]?.(forged as SlotDatabasePermit);
    await expect(act()).rejects.toThrow("this permit was not made by judgeSlotDatabase");
  });

  test("takes a real one, and is the first to find out that nobody is there", async () => {
    const act = async (): Promise<unknown> => acts[name]?.(permit);
    if (name === "slotDatabaseUrl") expect(await act()).toMatch(SLOT_URL);
    else await expect(act()).rejects.toMatchObject({ code: "unreachable" });
  });
});

test("a permit for one server is not one for another", async () => {
  const other = slotServer("postgresql://oroboros_worker:w@127.0.0.1:2/builder_control");
  const request = { server: other, source: { migrations: [], seed: null }, slotPasswordKey: "key" };
  await expect(exported.prepareSpareDatabase(permit, request)).rejects.toThrow("the permit is for another server");
});
