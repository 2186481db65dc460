import { defineContract } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { staleUnits } from "./stale-units.ts";

const contract = defineContract();
const started = [
  "ouroboros-api.service",
  "ouroboros-api.socket",
  "ouroboros-preview-backend@preview1.service",
  "ouroboros-preview-backend@preview2.service",
  "ouroboros-step-build@preview1.service",
  "ouroboros-web@preview1.service",
];
const after = (...changed: string[]): string[] => staleUnits(contract, changed, started);
const UNITS = "/etc/systemd/system";

test("a running unit is stale once its file, its template, its drop-in or its env file has changed", () => {
  expect(after(`${UNITS}/ouroboros-api.service`)).toEqual(["ouroboros-api.service"]);
  expect(after("/etc/oroboros/api.env")).toEqual(["ouroboros-api.service"]);
  expect(after("/etc/oroboros/web-preview1.env")).toEqual(["ouroboros-web@preview1.service"]);
  expect(after(`${UNITS}/ouroboros-preview-backend@.service`)).toEqual(started.slice(2, 4));
  expect(after(`${UNITS}/ouroboros-preview-backend@preview2.service.d/slot.conf`)).toEqual([started[3]]);
  expect(after(`${UNITS}/ouroboros-step-@preview1.service.d/slot.conf`)).toEqual([started[4]]);
});

test("what does not run, and what reads its file when it is told to, is not", () => {
  expect(after("/etc/oroboros/worker.env", "/etc/oroboros/Caddyfile", `${UNITS}/ouroboros-worker.service`)).toEqual([]);
  expect(after()).toEqual([]);
});
