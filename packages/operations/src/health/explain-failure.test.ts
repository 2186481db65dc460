import { defineContract, parseSlotId } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { explainFailure, type ServiceState } from "./explain-failure.ts";

const contract = defineContract({ root: "/var/tmp/o" });
const ask = { kind: "http", port: 8000, path: "/health", site: null, expected: { kind: "anyone" } } as const;
const API = { service: "api", unit: "ouroboros-api.service", log: "api", slot: null, ask };
const BACKEND = {
  service: "preview-backend@preview1",
  unit: "ouroboros-preview-backend@preview1.service",
  log: "preview-backend/preview-1",
  slot: parseSlotId(contract, "preview-1"),
  ask,
};
const unit = (properties: Record<string, string>): ServiceState => ({ kind: "unit", properties });
const STOPPED = { LoadState: "loaded", ActiveState: "inactive", SubState: "dead", Result: "success" };

test.each<[string, ServiceState, { reason: unknown; next: string }]>([
  [
    "is not installed",
    unit({ LoadState: "not-found", ActiveState: "inactive" }),
    { reason: "ouroboros-api.service is not installed", next: "./scripts/systemd-install-runtime.sh" },
  ],
  [
    "is masked",
    unit({ LoadState: "masked", ActiveState: "inactive" }),
    { reason: "ouroboros-api.service is masked", next: "systemctl unmask ouroboros-api.service" },
  ],
  [
    "was stopped",
    unit(STOPPED),
    {
      reason: "ouroboros-api.service is stopped, and stays so until it is started",
      next: "systemctl start ouroboros-api.service",
    },
  ],
  [
    "failed",
    unit({ LoadState: "loaded", ActiveState: "failed", Result: "exit-code", ExecMainStatus: "3" }),
    {
      reason: "ouroboros-api.service failed (exit-code, status 3)",
      next: "journalctl --no-pager -n 50 -u ouroboros-api.service",
    },
  ],
  [
    "is being started again",
    unit({ LoadState: "loaded", ActiveState: "activating", SubState: "auto-restart" }),
    {
      reason: "ouroboros-api.service ended, and is being started again",
      next: "journalctl --no-pager -n 50 -u ouroboros-api.service",
    },
  ],
  [
    "runs and does not answer",
    unit({ LoadState: "loaded", ActiveState: "active", SubState: "running" }),
    { reason: undefined, next: "systemctl status --no-pager ouroboros-api.service" },
  ],
  [
    "was stopped with the whole host",
    { kind: "down", target: "ouroboros.target" },
    { reason: "the host is down (ouroboros.target is inactive)", next: "./scripts/runtime-up.sh" },
  ],
  [
    "is another installation's, without systemd",
    { kind: "unknown" },
    { reason: undefined, next: "tail -n 50 /var/tmp/o/var/log/oroboros/api.log" },
  ],
])("a service that %s", (_what, state, explanation) => {
  expect(explainFailure(contract, API, state)).toEqual(explanation);
});

test("a backend that is stopped is told as such, with the command that starts it on this kind of installation", () => {
  const next = "./scripts/preview-backend-runtime.sh start --slot preview-1";
  expect(explainFailure(contract, BACKEND, unit(STOPPED))).toMatchObject({
    reason: expect.stringContaining("stopped"),
    next,
  });
  expect(explainFailure(contract, BACKEND, { kind: "stopped" })).toEqual({
    reason: "it is stopped, and stays so until it is started",
    next: "oroboros backend start --slot preview-1 --root /var/tmp/o",
  });
});
