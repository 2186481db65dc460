import { defineContract, type ServiceHealth } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { missingOf, unitsToRead } from "./not-running.ts";

const contract = defineContract();
const health = (service: string, status: ServiceHealth["status"]): ServiceHealth => ({
  service,
  unit: `ouroboros-${service}.service`,
  target: "",
  status,
  detail: null,
  next: null,
  duration_ms: 1,
});
const api = "ouroboros-api.service";

test("a service that answers by itself is not asked for its journal when the way through the proxy is broken", () => {
  const routed = [health("api", "healthy"), health("caddy", "unhealthy"), health("api", "unhealthy")];
  expect(unitsToRead(contract, routed)).toEqual(["ouroboros-caddy.service"]);
  expect(unitsToRead(contract, [health("api", "unhealthy"), health("api", "unhealthy")])).toEqual([api]);
});

test("a backend that does not answer may have the worker to blame", () => {
  const units = ["ouroboros-preview-backend@preview1.service", "ouroboros-worker.service"];
  expect(unitsToRead(contract, [health("preview-backend@preview1", "unhealthy")])).toEqual(units);
});

test("what is waited for is named once, be it that it does not answer or that it does not run", () => {
  const report = {
    ok: false,
    scope: "all" as const,
    checked_at: "",
    release_id: null,
    services: [health("api", "unhealthy"), health("api", "unhealthy"), health("worker", "healthy")],
  };
  expect(missingOf({ report, idle: new Map([["ouroboros-prune.timer", "inactive"]]) })).toEqual([
    "api",
    "ouroboros-prune.timer",
  ]);
});
