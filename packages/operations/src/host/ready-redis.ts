import { runGate } from "@oroboros/health-probe";
import { redisProbe } from "@oroboros/health-probe/servers";
import { connectTcp } from "@oroboros/host";
import { OperatorError, redisPort } from "@oroboros/slot-contract";
import { REDIS_SERVER_UNIT } from "@oroboros/slot-contract/host";
import type { Clock } from "../context.ts";
import { showUnits } from "../health/show-units.ts";
import { systemctl } from "./systemctl.ts";

const POLICY = { deadlineMs: 15_000, intervalMs: 50, consecutivePasses: 1 };

/**
 * Sees that the host's Redis answers, and starts it where it does not run.
 *
 * @throws OperatorError `unit_failed`, `unreachable`.
 */
export async function readyRedis(clock: Clock): Promise<string[]> {
  const shown = await showUnits([REDIS_SERVER_UNIT], ["ActiveState"]);
  const isActive = shown?.get(REDIS_SERVER_UNIT)?.["ActiveState"] === "active";
  if (!isActive) await systemctl("start", REDIS_SERVER_UNIT);
  const url = `redis://127.0.0.1:${redisPort()}/0`;
  const probe = redisProbe({ name: "redis", url, connect: connectTcp });
  const gate = await runGate({ probes: [probe], policy: POLICY, clock });
  if (gate.passed) return isActive ? [] : ["started Redis"];
  const answers = gate.answers.map(({ detail }) => detail).join("; ");
  throw new OperatorError("unreachable", `Redis does not answer: ${answers}.`, {
    hint: `Look at it with: journalctl --no-pager -n 50 -u ${REDIS_SERVER_UNIT}`,
  });
}
