import { apiPort, apiUnit, currentPath, type RuntimeContract } from "@oroboros/slot-contract";
import { API_USER, POSTGRES_CLUSTER_UNIT, REDIS_SERVER_UNIT, socketOf, targetUnit } from "@oroboros/slot-contract/host";
import { API_SANDBOX } from "../hardening.ts";
import { releasedApp, releaseEnvironment, secretsFile } from "../release-program.ts";
import type { NamedUnit } from "../unit-file.ts";
import { SERVING, socketUnit } from "./serving.ts";

export function apiUnits(contract: RuntimeContract): NamedUnit[] {
  const name = apiUnit(contract);
  const servers = [POSTGRES_CLUSTER_UNIT, REDIS_SERVER_UNIT];
  return [
    socketUnit(contract, { name: socketOf(name), description: "Oroboros api, socket", port: apiPort(contract) }),
    {
      name,
      unit: {
        Unit: {
          Description: "Oroboros api",
          PartOf: targetUnit(contract),
          Requires: socketOf(name),
          Wants: servers,
          After: [socketOf(name), ...servers],
          StartLimitIntervalSec: 0,
        },
        Service: {
          ...SERVING,
          User: API_USER,
          Group: API_USER,
          WorkingDirectory: currentPath(contract),
          Environment: releaseEnvironment(contract),
          EnvironmentFile: secretsFile(contract, "api"),
          ExecStart: releasedApp(contract, "api"),
          MemoryMax: 512,
          TasksMax: 128,
          LimitFSIZE: 1024,
          ...API_SANDBOX,
        },
      },
    },
  ];
}
