import type { RuntimeContract } from "@oroboros/slot-contract";
import {
  MAINTENANCE_TASKS,
  maintenanceUnit,
  POSTGRES_CLUSTER_UNIT,
  REDIS_SERVER_UNIT,
  targetUnit,
  timerOf,
  type MaintenanceTask,
} from "@oroboros/slot-contract/host";
import { releasedApp } from "../release-program.ts";
import type { NamedUnit, UnitFile } from "../unit-file.ts";
import { workerService } from "./worker.ts";

type Schedule = NonNullable<UnitFile["Timer"]>;

const SCHEDULES: Readonly<Record<MaintenanceTask, { what: string; when: Schedule }>> = {
  // The worker does so every few seconds; this is for when it does not.
  "reap-leases": { what: "end leases whose time is over", when: every(300) },
  "audit-resets": { what: "audit the resets of slot databases", when: every(3_600) },
  prune: { what: "prune artifacts, packages and template databases", when: daily("03:30:00") },
  "daily-summary": { what: "write the summary of a day", when: daily("06:00:00") },
};

/** What is done from time to time: each a timer, and a service that runs once. */
export function maintenanceUnits(contract: RuntimeContract): NamedUnit[] {
  return MAINTENANCE_TASKS.flatMap((task) => [timer(contract, task), service(contract, task)]);
}

function timer(contract: RuntimeContract, task: MaintenanceTask): NamedUnit {
  const { what, when } = SCHEDULES[task];
  return {
    name: timerOf(maintenanceUnit(contract, task)),
    unit: { Unit: { Description: `Oroboros, when to ${what}`, PartOf: targetUnit(contract) }, Timer: when },
  };
}

function service(contract: RuntimeContract, task: MaintenanceTask): NamedUnit {
  const servers = [POSTGRES_CLUSTER_UNIT, REDIS_SERVER_UNIT];
  return {
    name: maintenanceUnit(contract, task),
    unit: {
      Unit: {
        Description: `Oroboros: ${SCHEDULES[task].what}`,
        PartOf: targetUnit(contract),
        Wants: servers,
        After: servers,
        StartLimitIntervalSec: 0,
      },
      Service: {
        Type: "oneshot",
        ...workerService(contract),
        ExecStart: releasedApp(contract, "cli", "maintenance", task),
        TimeoutStartSec: 1_800,
        TimeoutStopSec: 15,
        MemoryMax: 1024,
        TasksMax: 256,
      },
    },
  };
}

function every(seconds: number): Schedule {
  return { OnActiveSec: seconds, OnUnitActiveSec: seconds, AccuracySec: 1 };
}

/** Made up for when the host was off at that time. */
function daily(time: string): Schedule {
  return { OnCalendar: ["*-*-*", time], RandomizedDelaySec: 300, Persistent: true };
}
