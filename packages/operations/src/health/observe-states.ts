import { supervisorClient } from "@oroboros/host/supervisor-client";
import { supervisorSocket, type RuntimeContract } from "@oroboros/slot-contract";
import { targetUnit } from "@oroboros/slot-contract/host";
import { STATE_PROPERTIES, type ServiceState } from "./explain-failure.ts";
import type { ServiceCheck } from "./service-checks.ts";
import type { ServiceTopology } from "./service-topology.ts";
import { showUnits, type UnitProperties } from "./show-units.ts";

/** What whoever starts services knows of some of them, by their units. Asked only for those that do not answer. */
export type ObserveStates = (checks: readonly ServiceCheck[]) => Promise<ReadonlyMap<string, ServiceState>>;

export const observeStates = (contract: RuntimeContract, manager: ServiceTopology["manager"]): ObserveStates =>
  manager === "systemd"
    ? (checks) => statesOfUnits(targetUnit(contract), checks)
    : (checks) => statesOfBackends(contract, checks);

async function statesOfUnits(
  target: string,
  checks: readonly ServiceCheck[],
): Promise<ReadonlyMap<string, ServiceState>> {
  const units = [...new Set(checks.map(({ unit }) => unit))];
  return judgeStates(target, await showUnits([target, ...units], STATE_PROPERTIES));
}

/** Where everything was stopped, or nothing was started yet, starting one service after the other is not what is to be done. */
export function judgeStates(
  target: string,
  shown: ReadonlyMap<string, UnitProperties> = new Map(),
): ReadonlyMap<string, ServiceState> {
  const isStopped = ({ LoadState: load, ActiveState: active }: UnitProperties): boolean =>
    load === "loaded" && active === "inactive";
  const isDown = isStopped(shown.get(target) ?? {});
  return new Map(
    [...shown].map(([unit, properties]) => [
      unit,
      isDown && isStopped(properties) ? { kind: "down", target } : { kind: "unit", properties },
    ]),
  );
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
