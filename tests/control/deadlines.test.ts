import { showRun } from "@oroboros/test-runtime";
import type { FaultPoint } from "@oroboros/host/fault-point";
import { eventually, fewer, reportMatrix, takePortOffset } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hasFailed } from "./installation.ts";
import { leave } from "./run-cell.ts";
import { scenarioOf, type ScenarioName } from "./scenarios.ts";
import { end, openWorld, settle, type World } from "./world.ts";

const OFFSET = await takePortOffset();
/** Long enough to come to the point on a busy machine; short enough to wait for. */
const EARLY_SECONDS = 10;
const LATE_SECONDS = 30;
/** Whoever goes on with it does so as soon as elsewhere, once the time is over. */
const REST_MS = 30_000;

let world: World;
const violations: string[] = [];
let cases = 0;
beforeAll(async () => {
  world = await openWorld(OFFSET);
}, 300_000);
afterAll(async () => {
  reportMatrix({ matrix: "deadlines", cases, violations: violations.length });
  await world?.installation.stop();
});

const HANGS: readonly { scenario: ScenarioName; point: FaultPoint; limitSeconds: number }[] = [
  // In a transaction, which the server ends.
  { scenario: "publish", point: "publish.between_steps", limitSeconds: EARLY_SECONDS },
  { scenario: "republish", point: "publish.after_switch", limitSeconds: LATE_SECONDS },
  { scenario: "republish", point: "reset.before_swap", limitSeconds: LATE_SECONDS },
  { scenario: "publish", point: "publish.after_take_slot", limitSeconds: EARLY_SECONDS },
  { scenario: "publish", point: "publish.after_smoke", limitSeconds: LATE_SECONDS },
  { scenario: "failingRepublish", point: "revert.after_database", limitSeconds: LATE_SECONDS },
];

test.each(fewer(HANGS, 2))(
  "a $scenario that hangs at $point while its worker's heart beats on is given up when its time is over",
  async ({ scenario, point, limitSeconds }) => {
    cases += 1;
    const { prepare, provoke } = scenarioOf(scenario);
    const prepared = await prepare(world);
    await end(world.worker, "SIGKILL");
    const hanging = await world.installation.startWorker({
      OROBOROS_FAULT: `${point}:hang`,
      WORKER_RUN_TIMEOUT_SECONDS: String(limitSeconds),
    });
    const runId = String(await provoke(world, prepared));
    await eventually(() => hasFailed(hanging), { deadlineMs: 90_000 });
    world.worker = await world.installation.startWorker();
    const { violations: found } = await settle(world, undefined, limitSeconds * 1_000 + REST_MS);
    const { status, attempts } = await showRun(world.installation.runtime, runId);
    found.push(...(await leave(world)));
    await end(hanging, "SIGKILL");
    violations.push(...found);
    expect(found).toEqual([]);
    expect(status).toBe(scenario === "publish" ? "failed" : "needs_approval");
    expect(attempts.at(-1)).toMatchObject({ status: "failed" });
  },
);
