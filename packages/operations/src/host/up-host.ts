import { readTextFile } from "@oroboros/host";
import {
  isHealthy,
  parseEnvFile,
  parseEnvironment,
  type HealthReport,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { workerEnvironmentSchema } from "@oroboros/slot-contract/environments";
import { POSTGRES_CLUSTER_UNIT, REDIS_SERVER_UNIT, targetUnit } from "@oroboros/slot-contract/host";
import type { Clock } from "../context.ts";
import { checkHost } from "../health/check-host.ts";
import { topologyOf, type ServiceTopology } from "../health/service-topology.ts";
import { requireSystemd } from "./components.ts";
import { workerEnvFile } from "./host-secrets.ts";
import { installedHostContract } from "./installed-host.ts";
import { missingOf, notRunningError, type Seen } from "./not-running.ts";
import { refuseForeignListeners, requireRoot } from "./preflight.ts";
import { renewServices, staleServices } from "./renew-services.ts";
import { systemctl } from "./systemctl.ts";
import { idleUnits } from "./wanted-units.ts";

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
  /** Services that ran with what their files were before, and have read them anew. */
  restarted: string[];
  duration_ms: number;
}

/**
 * Starts an installed host, gives what runs already the files that it has now, and waits until everything on it is healthy. Where it is
 * already, nothing is started.
 *
 * @throws OperatorError `command_refused`, `component_missing`, `not_installed`, `port_taken`, `unit_failed`; `gate_failed` with what each
 *   service that does not answer said last.
 */
export async function upHost({ root, uid, clock, onStage }: HostRequest): Promise<UpHostReport> {
  requireRoot(uid);
  requireSystemd();
  const contract = await installedHostContract({ root });
  const look = { contract, topology: await installedTopology(contract), scope: "all", clock } as const;
  await refuseForeignListeners(contract, clock);
  const startedAt = clock.now();
  const lookAtAll = async (): Promise<Seen> => ({ report: await checkHost(look), idle: await idleUnits(contract) });
  let seen = await lookAtAll();
  const isUp = isRunning(seen);
  const restarted = await renewStale(contract, onStage);
  if (!isUp) {
    onStage(`starting ${targetUnit(contract)}`);
    // Its jobs are not waited for: one that hangs would hide what the others say.
    await systemctl("start", "--no-block", POSTGRES_CLUSTER_UNIT, REDIS_SERVER_UNIT, targetUnit(contract));
  }
  if (!isUp || restarted.length > 0) seen = await untilRunning(lookAtAll, clock, onStage);
  if (!isRunning(seen)) throw await notRunningError(contract, seen, DEADLINE_MS);
  const { ok: _ok, ...checked } = seen.report;
  const took = Math.round(clock.now() - startedAt);
  return { ...checked, target: targetUnit(contract), started: !isUp, restarted, duration_ms: took };
}

const isRunning = ({ report, idle }: Seen): boolean => isHealthy(report.services) && idle.size === 0;

async function renewStale(contract: RuntimeContract, onStage: HostRequest["onStage"]): Promise<string[]> {
  const stale = await staleServices(contract);
  const units = stale.map(({ unit }) => unit);
  if (units.length > 0) {
    onStage(`giving ${units.join(", ")} what has changed`);
    await renewServices(stale);
  }
  return units;
}

/** @throws OperatorError `not_installed`, `invalid_environment`. */
async function installedTopology(contract: RuntimeContract): Promise<ServiceTopology> {
  const path = workerEnvFile(contract);
  const text = await readTextFile(path);
  return topologyOf(parseEnvironment(path, workerEnvironmentSchema, parseEnvFile(text ?? "")));
}

async function untilRunning(look: () => Promise<Seen>, clock: Clock, onStage: HostRequest["onStage"]): Promise<Seen> {
  const deadline = clock.now() + DEADLINE_MS;
  const never = new AbortController().signal;
  for (let waitedFor = ""; ;) {
    const seen = await look();
    if (isRunning(seen) || clock.now() > deadline) return seen;
    const missing = missingOf(seen).join(", ");
    if (missing !== waitedFor) onStage(`waiting for ${missing}`);
    waitedFor = missing;
    await clock.sleep(INTERVAL_MS, never);
  }
}
