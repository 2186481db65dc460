import { OperatorError, parseSlotId } from "@oroboros/slot-contract";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  judgeSlotDatabase,
  migrateSlotDatabase,
  planMigration,
  resetSlotDatabase,
  seedSlotDatabase,
  slotDatabaseUrl,
  slotServer,
  type SlotDatabasePermit,
} from "./index.ts";

const slot = parseSlotId({ slotCount: 12 }, "preview-1");
const server = slotServer("postgresql://oroboros_worker:w0rker-pass@127.0.0.1:5432/builder_control");
const judge = (claimedUrl: string): SlotDatabasePermit => judgeSlotDatabase({ slot, claimedUrl, server });

/** Spellings that some driver or client somewhere takes for another database than ours, and their refusal. */
const HOSTILE: [string, string][] = [
  ["postgresql://u:s3cret@127.0.0.1:5432/builder_control", "non_preview_database_target"],
  ["postgresql://u:s3cret@127.0.0.1:5432/app_production", "non_preview_database_target"],
  ["postgresql://u:s3cret@127.0.0.1:5432/postgres", "non_preview_database_target"],
  ["postgresql://u:s3cret@127.0.0.1:5432/template1", "non_preview_database_target"],
  ["postgresql://u:s3cret@127.0.0.1:5432", "non_preview_database_target"],
  ["postgresql://u:s3cret@127.0.0.1:5432/", "non_preview_database_target"],
  ["postgresql://u:s3cret@127.0.0.1:5432/app_preview_01", "non_preview_database_target"],
  ["postgresql://u:s3cret@127.0.0.1:5432/app_preview_0", "non_preview_database_target"],
  ["postgresql://u:s3cret@127.0.0.1:5432/app_preview_1_prod", "non_preview_database_target"],
  ["postgresql://u:s3cret@127.0.0.1:5432/appXpreview_1", "non_preview_database_target"],
  ["postgresql://u:s3cret@127.0.0.1:5432/APP_PREVIEW_1", "non_preview_database_target"],
  [`postgresql://u:s3cret@127.0.0.1:5432/app_preview_1${"x".repeat(64)}`, "non_preview_database_target"],
  ["postgresql://u:s3cret@127.0.0.1:5432/app_preview_2", "slot_database_mismatch"],
  ["postgresql://u:s3cret@127.0.0.1:5432/app_preview_11", "slot_database_mismatch"],
  ["postgresql://u:s3cret@127.0.0.1:5432/app_preview_1?host=10.0.0.9", "query_override"],
  ["postgresql://u:s3cret@127.0.0.1:5432/app_preview_1?dbname=app_production", "query_override"],
  ["postgresql://u:s3cret@127.0.0.1:5432/app_preview_1?", "query_override"],
  ["postgresql://u:s3cret@127.0.0.1:5432?dbname=app_preview_1", "query_override"],
  ["postgresql://u:s3cret@127.0.0.1:5432/app_preview_1?options=-c%20role%3Dpostgres", "query_override"],
  ["postgresql://u:s3cret@127.0.0.1:5432/app_preview_1#x", "invalid_url"],
  ["postgresql://u:s3cret@127.0.0.1:5432/app_production/app_preview_1", "invalid_url"],
  ["postgresql://u:s3cret@127.0.0.1:5432//app_preview_1", "invalid_url"],
  ["postgresql://u:s3cret@127.0.0.1:5432/x/../app_preview_1", "invalid_url"],
  ["postgresql://u:s3cret@127.0.0.1:5432/%61pp_preview_1", "invalid_url"],
  ["postgresql://u:s3cret@127.0.0.1:5432/app_preview_1%00", "invalid_url"],
  ["postgresql://u:s3cret@127.0.0.1:5432/app_preview_1;drop", "invalid_url"],
  ["postgresql://u:s3cret@127.0.0.1:5432/app_preview_\uff11", "invalid_url"],
  ["postgresql://u:s3cret@127.0.0.1:5432\\@evil/app_preview_1", "invalid_url"],
  ["postgresql://u:s3cret@evil@127.0.0.1:5432/app_preview_1", "invalid_url"],
  ["postgresql://u:s3:cret@127.0.0.1:5432/app_preview_1", "invalid_url"],
  ["postgresql://u:s3cret@/app_preview_1", "invalid_url"],
  ["postgresql:///app_preview_1", "invalid_url"],
  ["postgresql://u:s3cret@%2Fvar%2Frun/app_preview_1", "invalid_url"],
  ["postgresql://u:s3cret@127.0.0.1:05432/app_preview_1", "invalid_url"],
  ["postgresql://u:s3cret@127.0.0.1:/app_preview_1", "invalid_url"],
  ["postgresql://u:s3cret@127.0.0.1:70000/app_preview_1", "invalid_url"],
  ["postgresql://u:s3cret@127.0.0.1:-1/app_preview_1", "invalid_url"],
  ["postgresql:app_preview_1", "unsupported_scheme"],
  ["host=127.0.0.1 dbname=app_preview_1", "control_character"],
  ["dbname=app_preview_1", "invalid_url"],
  ["app_preview_1", "invalid_url"],
  ["", "invalid_url"],
  ["mysql://u:s3cret@127.0.0.1:5432/app_preview_1", "unsupported_scheme"],
  ["POSTGRESQL://u:s3cret@127.0.0.1:5432/app_preview_1", "unsupported_scheme"],
  ["postgresql+asyncpg://u:s3cret@127.0.0.1:5432/app_preview_1", "unsupported_scheme"],
  ["socket:/var/run/postgresql?db=app_preview_1", "unsupported_scheme"],
  ["postgresql://u:s3cret@127.0.0.1:5432,10.0.0.9:5432/app_preview_1", "multi_host"],
  ["postgresql://u:s3cret@127.0.0.1,10.0.0.9/app_preview_1", "multi_host"],
  ["postgresql://u:s3cret@10.0.0.9:5432/app_preview_1", "host_mismatch"],
  ["postgresql://u:s3cret@localhost:5432/app_preview_1", "host_mismatch"],
  ["postgresql://u:s3cret@127.1:5432/app_preview_1", "host_mismatch"],
  ["postgresql://u:s3cret@0177.0.0.1:5432/app_preview_1", "host_mismatch"],
  ["postgresql://u:s3cret@127.0.0.1.evil.example:5432/app_preview_1", "host_mismatch"],
  ["postgresql://u:s3cret@[::1]:5432/app_preview_1", "host_mismatch"],
  ["postgresql://127.0.0.1:5432@evil/app_preview_1", "host_mismatch"],
  ["postgresql://u:s3cret@127.0.0.1:5433/app_preview_1", "port_mismatch"],
  ["postgresql://u:s3cret@127.0.0.1/app_preview_1", "port_mismatch"],
  ["postgresql://u:s3cret@127.0.0.1:5432/app_preview_1\n", "control_character"],
  ["postgresql://u:s3cret@127.0.0.1:5432/app_preview_1\0", "control_character"],
  [" postgresql://u:s3cret@127.0.0.1:5432/app_preview_1", "control_character"],
  ["postgresql://u:s3cret@127.0.0.1:5432/app_\tpreview_1", "control_character"],
  ["postgresql://u:s3cret@127.0.0.1:5432/app_preview_1\u0085", "control_character"],
];

describe("the judge refuses", () => {
  test.each(HOSTILE)("%j with %s, and prints no password", (url, code) => {
    const refusal = refusalOf(() => judge(url));
    expect(refusal.code).toBe(code);
    expect(refusal.kind).toBe("refused");
    expect(refusal.message + refusal.hint).not.toMatch(/s3cret|s3:cret|w0rker-pass/);
    expect(refusal.message).toContain("PREVIEW_BACKEND_DATABASE_URL_TEMPLATE");
  });
});

test.each(["postgresql", "postgres", "postgresql+psycopg"])(
  "%s:// of the slot's own database is permitted, whatever user it claims",
  (scheme) => {
    const permit = judge(`${scheme}://postgres:p%40ss@127.0.0.1:5432/app_preview_1`);
    expect({ ...permit }).toEqual({ slot, database: "app_preview_1", role: "slot_1", host: "127.0.0.1", port: 5432 });
    expect(slotDatabaseUrl(permit, "key")).toMatch(
      /^postgresql:\/\/slot_1:[0-9a-f]{64}@127\.0\.0\.1:5432\/app_preview_1$/,
    );
  },
);

test("a refusal names the wrong component and the variable to correct", () => {
  const refusal = refusalOf(() => judge("postgresql://u:p@127.0.0.1:5432/app_preview_2"));
  expect(refusal.message).toContain("database app_preview_2, but preview-1 is served by database app_preview_1");
  expect(refusal.hint).toContain("PREVIEW_BACKEND_DATABASE_URL_TEMPLATE");
});

test("no function that changes a slot's database takes anything but a permit", () => {
  type First<Act extends (...args: never[]) => unknown> = Parameters<Act>[0];
  expectTypeOf<First<typeof resetSlotDatabase>>().toEqualTypeOf<SlotDatabasePermit>();
  expectTypeOf<First<typeof seedSlotDatabase>>().toEqualTypeOf<SlotDatabasePermit>();
  expectTypeOf<First<typeof migrateSlotDatabase>>().toEqualTypeOf<SlotDatabasePermit>();
  expectTypeOf<First<typeof planMigration>>().toEqualTypeOf<SlotDatabasePermit>();
  const looksAlike = { slot, database: "app_preview_1", role: "slot_1", host: "127.0.0.1", port: 5432 };
  // @ts-expect-error only the judge makes a permit
  expect(() => slotDatabaseUrl(looksAlike, "key")).toThrow("not made by judgeSlotDatabase");
});

test.each([
  ["a copy", (permit: SlotDatabasePermit): SlotDatabasePermit => ({ ...permit })],
  ["a cast", (): SlotDatabasePermit => ({ slot, database: "app_production" }) as unknown as SlotDatabasePermit],
])("%s of a permit is refused by every function that takes one", async (_, forge) => {
  const forged = forge(judge("postgresql://u:p@127.0.0.1:5432/app_preview_1"));
  const request = { migrations: [], slotPasswordKey: "key", seed: { version: "v1", sql: "" }, runId: null };
  const attempts = [
    () => migrateSlotDatabase(forged, request),
    () => planMigration(forged, request),
    () => seedSlotDatabase(forged, request),
    () => resetSlotDatabase(forged, {} as Parameters<typeof resetSlotDatabase>[1]),
  ];
  for (const attempt of attempts) await expect(attempt()).rejects.toThrow("not made by judgeSlotDatabase");
});

test.each([
  "postgresql://worker:p@127.0.0.1/builder_control",
  "postgresql://127.0.0.1:5432/builder_control",
  "postgresql://w:p@127.0.0.1:5432",
])("%s is no server: nothing of it is left to a driver's default", (url) =>
  expect(refusalOf(() => slotServer(url)).code).toBe("invalid_url"),
);

test("a printed server does not show the worker's password", () => {
  expect(JSON.stringify(server)).not.toContain("w0rker-pass");
  expect(server.workerUrl).toContain("w0rker-pass");
});

function refusalOf(act: () => unknown): OperatorError {
  try {
    act();
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
