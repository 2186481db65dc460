import { OperatorError, parseSlotId, type SlotId } from "@oroboros/slot-contract";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { ENCODED_PASSWORD, hostileTargets, PASSWORD } from "../test/hostile-targets.ts";
import { judgeSlotDatabase, slotServer, type SlotDatabasePermit } from "./index.ts";

const slot = parseSlotId({ slotCount: 12 }, "preview-1");
const server = slotServer("postgresql://oroboros_worker:w0rker-pass@127.0.0.1:5432/builder_control");
const judge = (claimedUrl: string): SlotDatabasePermit => judgeSlotDatabase({ slot, claimedUrl, server });

const PRODUCTION = { host: "127.0.0.1", port: 5433 };
const TARGETS = hostileTargets(slot, server, PRODUCTION);

test("the table has enough hostile targets, and none twice", () => {
  const urls = TARGETS.filter(({ family }) => family !== "templates").map(({ url }) => url);
  expect(urls.length).toBeGreaterThan(250);
  expect(urls.filter((url, index) => urls.indexOf(url) !== index)).toEqual([]);
});

describe.each([...new Set(TARGETS.map(({ family }) => family))])("%s:", (family) => {
  test.each(TARGETS.filter((target) => target.family === family))("$url is refused with $code", ({ url, code }) => {
    const refusal = refusalOf(() => judge(url));
    expect(refusal.code).toBe(code);
    expect(refusal.kind).toBe("refused");
    expect(refusal.message).toContain("PREVIEW_BACKEND_DATABASE_URL_TEMPLATE");
    expect(refusal.message.length + refusal.hint.length).toBeLessThan(400);
    expect(everythingIn(refusal)).not.toMatch(new RegExp(`${PASSWORD}|${ENCODED_PASSWORD}|w0rker-pass`));
  });
});

/** What a log line, a JSON answer or somebody who looks at the cause could show of it. */
const everythingIn = (error: OperatorError): string =>
  [error.message, error.hint, error.stack, JSON.stringify(error), String(error.cause), inspect(error)].join("\n");

test.each(["postgresql", "postgres", "postgresql+psycopg"])(
  "%s:// of the slot's own database is permitted, whatever user it claims",
  (scheme) => {
    const permit = judge(`${scheme}://postgres:p%40ss@127.0.0.1:5432/app_preview_1`);
    expect({ ...permit }).toEqual({ slot, database: "app_preview_1", role: "slot_1", host: "127.0.0.1", port: 5432 });
  },
);

test("a refusal names the wrong component and the variable to correct", () => {
  const refusal = refusalOf(() => judge("postgresql://u:p@127.0.0.1:5432/app_preview_2"));
  expect(refusal.message).toContain("database app_preview_2, but preview-1 is served by database app_preview_1");
  expect(refusal.hint).toContain("PREVIEW_BACKEND_DATABASE_URL_TEMPLATE");
});

test.each([
  ["postgresql://u:p@10.0.0.9:5433/app_production", "production_target", "database app_production"],
  ["postgresql://u:p@10.0.0.9:5433/app_preview_2", "host_mismatch", "host 127.0.0.1"],
  ["postgresql://u:p@127.0.0.1:5433/app_preview_2", "port_mismatch", "port 5433, but preview-1 is served by port 5432"],
  ["postgresql://u:p@127.0.0.1:5432/customers", "non_preview_database_target", "database customers, but"],
])("%s is wrong in several ways: %s says the worst", (url, code, component) => {
  const refusal = refusalOf(() => judge(url));
  expect(refusal.code).toBe(code);
  expect(refusal.message).toContain(component);
});

test("an installation can name production databases of its own, also one that is called like a slot's", () => {
  const productionDatabases = ["Customers", "app_preview_1"];
  const judged = (database: string): OperatorError =>
    refusalOf(() =>
      judgeSlotDatabase({ slot, claimedUrl: `postgresql://127.0.0.1:5432/${database}`, server, productionDatabases }),
    );
  expect(judged("customers").code).toBe("production_target");
  expect(judged("app_preview_1").code).toBe("production_target");
});

test.each(["preview1", "preview-0", "preview-100", "preview-01", "preview-1;drop", "preview-NaN", "", undefined, 1])(
  "%j is no slot, whatever the type was made to say",
  (name) => {
    const claimedUrl = "postgresql://127.0.0.1:5432/app_preview_1";
    const judged = refusalOf(() => judgeSlotDatabase({ slot: name as SlotId, claimedUrl, server }));
    expect(judged.code).toBe("invalid_slot");
  },
);

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
