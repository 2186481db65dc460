import { readTextFile } from "@oroboros/host";
import {
  backendUnit,
  isHealthy,
  OperatorError,
  parseEnvFile,
  parseEnvironment,
  slotIds,
  workerUnit,
  type HealthReport,
  type RuntimeContract,
  type ServiceHealth,
} from "@oroboros/slot-contract";
import { workerEnvironmentSchema } from "@oroboros/slot-contract/environments";
import { POSTGRES_CLUSTER_UNIT, REDIS_SERVER_UNIT, targetUnit } from "@oroboros/slot-contract/host";
import type { Clock } from "../context.ts";
import { checkHost } from "../health/check-host.ts";
import { topologyOf, type ServiceTopology } from "../health/service-topology.ts";
import { requireSystemd } from "./components.ts";
import { workerEnvFile } from "./host-secrets.ts";
import { installedHostContract } from "./installed-host.ts";
import { lastJournalLines } from "./journal.ts";
import { refuseForeignListeners, requireRoot } from "./preflight.ts";
import { systemctl } from "./systemctl.ts";

/** Several times what a host takes from nothing: meanwhile each slot's database is made. */
const DEADLINE_MS = 60_000;
const INTERVAL_MS = 250;

export interface HostRequest {
  /** Of the installation. */
  root: string;
  uid: number;
  clock: Clock;
  onStage: (stage: string) => void;
}

export interface UpHostReport extends Omit<HealthReport, "ok"> {
  target: string;
  /** False where everything ran already. */
  started: boolean;
  duration_ms: number;
}

/**
 * Starts an installed host and waits until everything on it is healthy. Where it is already, nothing is started.
 *
 * @throws OperatorError `command_refused`, `component_missing`, `not_installed`, `port_taken`, `unit_failed`; `gate_failed` with what each
 *   service that does not answer said last.
 */
export async function upHost({ root, uid, clock, onStage }: HostRequest): Promise<UpHostReport> {
  requireRoot(uid);
  requireSystemd();
  const contract = await installedHostContract({ root });
  const look = { contract, topology: await installedTopology(contract), scope: "all", clock } as const;
  refuseForeignListeners(contract);
  const startedAt = clock.now();
  let report = await checkHost(look);
  const isUp = report.ok;
  if (!isUp) {
    onStage(`starting ${targetUnit(contract)}`);
    // Its jobs are not waited for: one that hangs would hide what the others say.
    await systemctl("start", "--no-block", POSTGRES_CLUSTER_UNIT, REDIS_SERVER_UNIT, targetUnit(contract));
    report = await untilHealthy(() => checkHost(look), clock, onStage);
  }
  const { ok, ...checked } = report;
  if (!ok) throw await notHealthy(contract, report.services);
  const took = Math.round(clock.now() - startedAt);
  return { ...checked, target: targetUnit(contract), started: !isUp, duration_ms: took };
}

/** @throws OperatorError `not_installed`, `invalid_environment`. */
async function installedTopology(contract: RuntimeContract): Promise<ServiceTopology> {
  const path = workerEnvFile(contract);
  const text = await readTextFile(path);
  return topologyOf(parseEnvironment(path, workerEnvironmentSchema, parseEnvFile(text ?? "")));
}

async function untilHealthy(
  look: () => Promise<HealthReport>,
  clock: Clock,
  onStage: HostRequest["onStage"],
): Promise<HealthReport> {
  const deadline = clock.now() + DEADLINE_MS;
  const never = new AbortController().signal;
  for (let waitedFor = ""; ;) {
    const report = await look();
    if (isHealthy(report.services) || clock.now() > deadline) return report;
    const sick = [...new Set(sickOf(report.services).map(({ service }) => service))].join(", ");
    if (sick !== waitedFor) onStage(`waiting for ${sick}`);
    waitedFor = sick;
    await clock.sleep(INTERVAL_MS, never);
  }
}

const sickOf = (services: readonly ServiceHealth[]): ServiceHealth[] =>
  services.filter(({ status }) => status === "unhealthy");

async function notHealthy(contract: RuntimeContract, services: readonly ServiceHealth[]): Promise<OperatorError> {
  const sick = sickOf(services);
  const lines = sick.map(({ service, detail }) => `  ${service}: ${detail}`);
  const backends = slotIds(contract).map((slot) => backendUnit(contract, slot));
  const own = sick.flatMap(({ unit }) => unit ?? []);
  // A slot's backend is the worker's to start.
  const units = [...new Set([...own, ...(own.some((unit) => backends.includes(unit)) ? [workerUnit(contract)] : [])])];
  const journals = await Promise.all(units.map(lastJournalLines));
  const next = sick.find((service) => service.next !== null)?.next ?? "./scripts/runtime-health-check.sh";
  return new OperatorError(
    "gate_failed",
    [
      `${sick.length} of ${services.length} checks still fail after ${DEADLINE_MS / 1000} s:`,
      ...lines,
      ...journals.flat(),
    ].join("\n"),
    { hint: `Start with: ${next}` },
  );
}
