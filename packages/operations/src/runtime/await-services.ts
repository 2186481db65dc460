import { httpProbe, runGate, type Probe } from "@oroboros/health-probe";
import { tailLines } from "@oroboros/host";
import {
  apiPort,
  frontendPort,
  loopbackUrl,
  OperatorError,
  serviceLog,
  slotIds,
  workerPort,
} from "@oroboros/slot-contract";
import { surfaceName } from "./embedded-installation.ts";
import type { UpRequest } from "./up-embedded.ts";

/** Longer than a busy machine has been seen to need: two of about forty starts took over four seconds. */
const START_POLICY = { deadlineMs: 30_000, intervalMs: 20, consecutivePasses: 1 };
const LOG_LINES = 5;

/** @throws OperatorError `start_failed` with the last log lines of every service that does not answer. */
export async function awaitServices({ contract, fetch, clock }: UpRequest): Promise<void> {
  const probes = [
    httpProbe({ name: "api", url: `${loopbackUrl(apiPort(contract))}/health/ready`, fetch }),
    httpProbe({ name: "worker", url: `${loopbackUrl(workerPort(contract))}/health`, fetch }),
    ...slotIds(contract).map((slot, index) =>
      httpProbe({ name: surfaceName(index), url: `${loopbackUrl(frontendPort(contract, slot))}/health`, fetch }),
    ),
  ];
  const gate = await runGate({ probes, policy: START_POLICY, clock });
  if (gate.passed) return;
  const sick = gate.answers.filter(({ healthy }) => !healthy);
  const evidence = await Promise.all(
    sick.map(async ({ name, detail }) =>
      [`${name}: ${detail}`, ...(await tailLines(serviceLog(contract, name), LOG_LINES))].join("\n  "),
    ),
  );
  throw new OperatorError("start_failed", `Not every service came up:\n${evidence.join("\n")}`, {
    hint: "Correct what the log lines say and start it again.",
  });
}

/** @throws OperatorError `start_failed` with the server's last log lines. */
export async function awaitPostgres({ contract, clock }: UpRequest, probe: Probe): Promise<void> {
  const gate = await runGate({ probes: [probe], policy: START_POLICY, clock });
  if (gate.passed) return;
  const log = await tailLines(serviceLog(contract, "postgres"), LOG_LINES);
  const answers = gate.answers.map(({ detail }) => detail);
  throw new OperatorError("start_failed", ["PostgreSQL did not start:", ...answers, ...log].join("\n  "), {
    hint: "Correct what the log lines say and start it again.",
  });
}
