import { defineContract } from "@oroboros/slot-contract";
import { contractOf } from "@oroboros/slot-contract/environments";
import { expect, test } from "vitest";
import { mendedEnvironment } from "./mended-environment.ts";

const contract = defineContract({ slotCount: 2, domain: "shop.example" });
const DATABASE_URL = "postgresql://oroboros_worker:pw@127.0.0.1:5433/builder_control";

test.each<[string, Record<string, string>, object]>([
  ["nothing at all", {}, { DATABASE_URL: "postgresql://oroboros_worker@127.0.0.1:5432/builder_control" }],
  ["one value that is wrong", { DATABASE_URL, WORKER_POLL_INTERVAL_SECONDS: "abc" }, { DATABASE_URL }],
  ["no number of slots", { DATABASE_URL, SLOT_IDS_CSV: "preview-2", OROBOROS_DOMAIN: "-" }, { DATABASE_URL }],
  ["a wrong optional value", { DATABASE_URL, WORKER_RUN_TIMEOUT_SECONDS: "x" }, { WORKER_RUN_TIMEOUT_SECONDS: 3_600 }],
  ["a claim that is wrong", { DATABASE_URL, WORKER_SLOT_API_DIRECT_TEMPLATE: "http://evil" }, { DATABASE_URL }],
  ["a wrong queue", { REDIS_URL: "http://x" }, { REDIS_URL: "redis://127.0.0.1:6379/0" }],
])("an environment with %s is mended, and is the contract's", (_what, variables, expected) => {
  const mended = mendedEnvironment(contract, variables);
  expect(mended).toMatchObject({ ...expected, OROBOROS_SERVICE_MANAGER: "systemd" });
  expect(contractOf(mended)).toEqual(contract);
});
