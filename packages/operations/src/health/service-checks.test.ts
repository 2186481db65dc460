import { defineContract, parseSlotId } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { serviceChecks } from "./service-checks.ts";
import type { ServiceTopology } from "./service-topology.ts";

const contract = defineContract({ slotCount: 1, domain: "shop.example" });
const postgres = { host: "127.0.0.1", port: 5432, user: "oroboros_worker", database: "builder_control" };
const ON_HOST: ServiceTopology = {
  manager: "systemd",
  postgres,
  redisUrl: "redis://:secret@127.0.0.1:6379/0",
  hasProxy: true,
};
const EMBEDDED: ServiceTopology = { manager: "process", postgres, redisUrl: undefined, hasProxy: false };
const NO_PATHS = new Map();

const named = (topology: ServiceTopology, scope: "all" | "production" | "slots"): string[] =>
  serviceChecks(contract, topology, { scope, paths: NO_PATHS }).map(({ service, target }) => `${service} ${target}`);

const PRODUCTION = [
  "postgres postgresql://127.0.0.1:5432/builder_control",
  "redis redis://127.0.0.1:6379",
  "api http://127.0.0.1:8000/health/ready",
  "worker http://127.0.0.1:8090/health",
  "web@main http://127.0.0.1:3100/health",
  "caddy http://127.0.0.1:8088/health (unknown.invalid)",
  "web@main http://127.0.0.1:8088/health (app.shop.example)",
  "api http://127.0.0.1:8088/health (api.shop.example)",
  "worker http://127.0.0.1:8088/health (worker.shop.example)",
];
const SLOTS = [
  "web@preview1 http://127.0.0.1:3101/health",
  "web@preview1 http://127.0.0.1:8088/health (preview1.shop.example)",
  "preview-backend@preview1 http://127.0.0.1:8101/health",
];

test("a host's services are asked directly and by way of the proxy, and no target says a password", () => {
  expect(named(ON_HOST, "production")).toEqual(PRODUCTION);
  expect(named(ON_HOST, "slots")).toEqual(SLOTS);
  expect(named(ON_HOST, "all")).toEqual([...PRODUCTION, ...SLOTS]);
});

test("an embedded installation has neither proxy nor Redis", () => {
  expect(named(EMBEDDED, "all")).toEqual([
    "postgres postgresql://127.0.0.1:5432/builder_control",
    "api http://127.0.0.1:8000/health/ready",
    "worker http://127.0.0.1:8090/health",
    "web@preview1 http://127.0.0.1:3101/health",
    "preview-backend@preview1 http://127.0.0.1:8101/health",
  ]);
});

test("a backend is asked where its manifest says", () => {
  const paths = new Map([[parseSlotId(contract, "preview-1"), "/up?deep=1"]]);
  const checks = serviceChecks(contract, EMBEDDED, { scope: "slots", paths });
  expect(checks.at(-1)).toMatchObject({ target: "http://127.0.0.1:8101/up?deep=1", ask: { path: "/up?deep=1" } });
});
