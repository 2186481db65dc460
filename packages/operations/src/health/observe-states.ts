import { supervisorClient } from "@oroboros/host/supervisor-client";
import { supervisorSocket, type RuntimeContract } from "@oroboros/slot-contract";
import { STATE_PROPERTIES, type ServiceState } from "./explain-failure.ts";
import type { ServiceCheck } from "./service-checks.ts";
import type { ServiceTopology } from "./service-topology.ts";
import { showUnits } from "./show-units.ts";

/** What whoever starts services knows of some of them, by their units. Asked only for those that do not answer. */
export type ObserveStates = (checks: readonly ServiceCheck[]) => Promise<ReadonlyMap<string, ServiceState>>;

export const observeStates = (contract: RuntimeContract, manager: ServiceTopology["manager"]): ObserveStates =>
  manager === "systemd" ? statesOfUnits : (checks) => statesOfBackends(contract, checks);

async function statesOfUnits(checks: readonly ServiceCheck[]): Promise<ReadonlyMap<string, ServiceState>> {
  const units = [...new Set(checks.map(({ unit }) => unit))];
  const shown = await showUnits(units, STATE_PROPERTIES);
  return new Map([...(shown ?? [])].map(([unit, properties]) => [unit, { kind: "unit", properties }]));
}

async function statesOfBackends(
  contract: RuntimeContract,
  checks: readonly ServiceCheck[],
): Promise<ReadonlyMap<string, ServiceState>> {
  const supervisor = supervisorClient({ socketPath: supervisorSocket(contract) });
  const states = checks.map(async ({ unit, slot, service }): Promise<[string, ServiceState]> => {
    if (slot === null || !service.startsWith("preview-backend@")) return [unit, { kind: "unknown" }];
    const report = await supervisor.backend(slot, "status").catch(() => null);
    const isStopped = report?.ok === true && report.state === "stopped";
    return [unit, { kind: isStopped ? "stopped" : "unknown" }];
  });
  return new Map(await Promise.all(states));
}
