import {
  apiUnit,
  backendUnit,
  caddyUnit,
  slotIds,
  surfaceUnit,
  webMainUnit,
  workerUnit,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import {
  MAINTENANCE_TASKS,
  maintenanceUnit,
  nftablesUnit,
  POSTGRES_CLUSTER_UNIT,
  REDIS_SERVER_UNIT,
  socketOf,
  targetUnit,
  timerOf,
} from "@oroboros/slot-contract/host";
import type { NamedUnit } from "../unit-file.ts";

/** Starts everything that runs for long; each of those is a part of it, and so stops with it. */
export function targetUnits(contract: RuntimeContract): NamedUnit[] {
  const slots = slotIds(contract);
  const activated = [apiUnit(contract), webMainUnit(contract), ...slots.map((slot) => surfaceUnit(contract, slot))];
  const wanted = [
    POSTGRES_CLUSTER_UNIT,
    REDIS_SERVER_UNIT,
    nftablesUnit(contract),
    ...activated.flatMap((unit) => [socketOf(unit), unit]),
    workerUnit(contract),
    caddyUnit(contract),
    ...slots.map((slot) => backendUnit(contract, slot)),
    ...MAINTENANCE_TASKS.map((task) => timerOf(maintenanceUnit(contract, task))),
  ];
  return [
    {
      name: targetUnit(contract),
      unit: {
        Unit: { Description: "Oroboros Runtime", Wants: wanted, After: wanted },
        Install: { WantedBy: "multi-user.target" },
      },
    },
  ];
}
