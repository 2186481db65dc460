import {
  artifactsPath,
  currentPath,
  surfacesPath,
  workerUnit,
  worktreesPath,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import {
  API_USER,
  epochsPath,
  nftablesUnit,
  packagesJobFile,
  POSTGRES_CLUSTER_UNIT,
  REDIS_SERVER_UNIT,
  snapshotsPath,
  targetUnit,
  WORKER_USER,
} from "@oroboros/slot-contract/host";
import { WORKER_SANDBOX } from "../hardening.ts";
import { releasedApp, releaseEnvironment, secretsFile } from "../release-program.ts";
import type { NamedUnit, ServiceSection } from "../unit-file.ts";
import { directoryOf, slotRunsPath } from "./places.ts";
import { SERVING } from "./serving.ts";

/** What the worker's programs run as, whether it serves or does what a timer asks for. */
export function workerService(contract: RuntimeContract): ServiceSection {
  return {
    User: WORKER_USER,
    // The api reads the evidence that the worker writes. A directory can not hand its group on: the sandbox lets nobody set that bit.
    Group: API_USER,
    SupplementaryGroups: WORKER_USER,
    WorkingDirectory: currentPath(contract),
    Environment: releaseEnvironment(contract),
    EnvironmentFile: secretsFile(contract, "worker"),
    ...WORKER_SANDBOX,
    ReadWritePaths: [
      artifactsPath(contract),
      surfacesPath(contract),
      worktreesPath(contract),
      slotRunsPath(contract),
      epochsPath(contract),
      directoryOf(packagesJobFile(contract)),
      snapshotsPath(contract),
    ],
  };
}

export function workerUnits(contract: RuntimeContract): NamedUnit[] {
  const before = [POSTGRES_CLUSTER_UNIT, REDIS_SERVER_UNIT, nftablesUnit(contract)];
  return [
    {
      name: workerUnit(contract),
      unit: {
        Unit: {
          Description: "Oroboros worker",
          PartOf: targetUnit(contract),
          Wants: before,
          After: before,
          StartLimitIntervalSec: 0,
        },
        Service: {
          ...SERVING,
          ...workerService(contract),
          ExecStart: releasedApp(contract, "worker"),
          // Its programs, such as a git that pushes, end with it and not before it.
          KillMode: "mixed",
          TimeoutStopSec: 30,
          OOMPolicy: "continue",
          MemoryMax: 2048,
          TasksMax: 512,
        },
      },
    },
  ];
}
