import type { Connect } from "@oroboros/health-probe/servers";
import { connectTcp, linkTarget } from "@oroboros/host";
import {
  caddyUnit,
  commitShaSchema,
  currentPath,
  isHealthy,
  type HealthReport,
  type HealthScope,
  type RuntimeContract,
  type ServiceHealth,
} from "@oroboros/slot-contract";
import type { Clock } from "../context.ts";
import { explainFailure } from "./explain-failure.ts";
import { healthPaths } from "./health-paths.ts";
import { observeStates, type ObserveStates } from "./observe-states.ts";
import { PROBE_TIMEOUT_MS, probeFor } from "./probe-for.ts";
import { serviceChecks, type ServiceCheck } from "./service-checks.ts";
import type { ServiceTopology } from "./service-topology.ts";

export interface HostLook {
  contract: RuntimeContract;
  topology: ServiceTopology;
  scope: HealthScope;
  clock: Clock;
  connect?: Connect;
  states?: ObserveStates;
  /** How long each service is given to answer. */
  probeTimeoutMs?: number;
}

/**
 * Asks every service of a host for its health, all at once, over connections of its own: no process is started for it, no redirect
 * followed, and nothing of it needs the control database. Why a service does not answer is asked only of those that do not.
 */
export async function checkHost(look: HostLook): Promise<HealthReport> {
  const { contract, topology, scope, clock } = look;
  const checks = serviceChecks(contract, topology, { scope, paths: await healthPaths(contract) });
  const [found, release] = await Promise.all([
    Promise.all(checks.map((check) => ask(look, check))),
    linkTarget(currentPath(contract)),
  ]);
  const services = await explained(look, checks, found);
  const current = commitShaSchema.safeParse(release?.slice(release.lastIndexOf("/") + 1));
  return {
    ok: isHealthy(services),
    scope,
    checked_at: clock.today().toISOString(),
    release_id: current.success ? current.data : null,
    services,
  };
}

async function ask(look: HostLook, check: ServiceCheck): Promise<ServiceHealth> {
  const { topology, clock, connect = connectTcp, probeTimeoutMs = PROBE_TIMEOUT_MS } = look;
  const startedAt = clock.now();
  const { healthy, detail } = await probeFor(check, topology, connect).check(AbortSignal.timeout(probeTimeoutMs));
  return {
    service: check.service,
    unit: topology.manager === "systemd" ? check.unit : null,
    target: check.target,
    status: healthy ? "healthy" : "unhealthy",
    detail: healthy ? null : detail,
    next: null,
    duration_ms: Math.round(clock.now() - startedAt),
  };
}

async function explained(
  { contract, topology, states = observeStates(contract, topology.manager) }: HostLook,
  checks: readonly ServiceCheck[],
  found: readonly ServiceHealth[],
): Promise<ServiceHealth[]> {
  const isSick = (index: number): boolean => found[index]?.status === "unhealthy";
  const sick = checks.flatMap((_check, index) =>
    isSick(index) ? (blamed(contract, checks, index, isSick) ?? []) : [],
  );
  const known = sick.length === 0 ? new Map() : await states(sick);
  return found.map((service, index) => {
    const check = blamed(contract, checks, index, isSick);
    if (!isSick(index) || check === undefined) return service;
    const { reason, next } = explainFailure(contract, check, known.get(check.unit) ?? { kind: "unknown" });
    return { ...service, next, detail: [service.detail, reason].filter((text) => text !== undefined).join("; ") };
  });
}

/** Where a service answers by itself and not by way of the proxy, the proxy is to be looked at. */
function blamed(
  contract: RuntimeContract,
  checks: readonly ServiceCheck[],
  index: number,
  isSick: (index: number) => boolean,
): ServiceCheck | undefined {
  const check = checks[index];
  if (check?.ask.kind !== "http" || check.ask.site === null) return check;
  const direct = checks.findIndex(({ service }) => service === check.service);
  return direct === index || isSick(direct) ? check : { ...check, unit: caddyUnit(contract), log: "caddy" };
}
