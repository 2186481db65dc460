import {
  artifactsPath,
  currentPath,
  etcPath,
  frontendPort,
  repoPath,
  slotIds,
  surfaceUnit,
  webMainPort,
  webMainUnit,
  worktreesPath,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { socketOf, targetUnit, templateOf, WEB_USER } from "@oroboros/slot-contract/host";
import { HOST_SOCKETS, WEB_SANDBOX } from "../hardening.ts";
import { INSTANCE, releasedApp, releaseEnvironment } from "../release-program.ts";
import { maybe, type NamedUnit, type Text } from "../unit-file.ts";
import { SERVING, socketUnit } from "./serving.ts";

/** One template for every surface, and a socket for each. */
export function webUnits(contract: RuntimeContract): NamedUnit[] {
  const surfaces = [
    { unit: webMainUnit(contract), what: "web-main", port: webMainPort(contract) },
    ...slotIds(contract).map((slot) => ({
      unit: surfaceUnit(contract, slot),
      what: `the surface of ${slot}`,
      port: frontendPort(contract, slot),
    })),
  ];
  return [
    surfaceTemplate(contract),
    ...surfaces.map(({ unit, what, port }) =>
      socketUnit(contract, { name: socketOf(unit), description: `Oroboros, socket of ${what}`, port }),
    ),
  ];
}

function surfaceTemplate(contract: RuntimeContract): NamedUnit {
  const name = templateOf(webMainUnit(contract));
  const socket: Text = [name.replace(/\.service$/, ""), INSTANCE, ".socket"];
  const others = [etcPath, repoPath, artifactsPath, worktreesPath].map((path) => maybe(path(contract)));
  return {
    name,
    unit: {
      Unit: {
        Description: ["Oroboros web surface ", INSTANCE],
        PartOf: targetUnit(contract),
        Requires: [socket],
        After: [socket],
        StartLimitIntervalSec: 0,
      },
      Service: {
        ...SERVING,
        User: WEB_USER,
        Group: WEB_USER,
        WorkingDirectory: currentPath(contract),
        Environment: releaseEnvironment(contract),
        EnvironmentFile: [`${etcPath(contract)}/web-`, INSTANCE, ".env"],
        ExecStart: releasedApp(contract, "web-surface"),
        MemoryMax: 256,
        TasksMax: 64,
        LimitFSIZE: 1024,
        ...WEB_SANDBOX,
        InaccessiblePaths: [...HOST_SOCKETS, ...others],
      },
    },
  };
}
