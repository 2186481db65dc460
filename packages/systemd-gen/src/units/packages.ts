import { packageCachePath, type RuntimeContract } from "@oroboros/slot-contract";
import { PACKAGES_USER, packagesJobFile, packagesLog, packagesUnit } from "@oroboros/slot-contract/host";
import { RESOLVER_FILES } from "../hardening.ts";
import type { Command, NamedUnit } from "../unit-file.ts";
import { directoryOf } from "./places.ts";
import { onceUnitSection, slotService } from "./slot-service.ts";

/** Fills the package cache from main's lockfiles: nothing of a branch, but what a registry sends. */
export function packagesUnits(contract: RuntimeContract): NamedUnit[] {
  const removeLog: Command = { argv: ["/bin/rm", "-f", packagesLog(contract)], asRoot: true };
  return [
    {
      name: packagesUnit(contract),
      unit: {
        Unit: {
          Description: "Oroboros, filling of the package cache",
          ...onceUnitSection(contract),
        },
        Service: {
          Type: "oneshot",
          TimeoutStartSec: 3_600,
          TimeoutStopSec: 2,
          ...slotService(contract, { args: ["packages"], network: "full", readsRepository: false }),
          User: PACKAGES_USER,
          Group: PACKAGES_USER,
          // Every slot reads it.
          UMask: "0022",
          ExecStartPre: removeLog,
          StandardOutput: packagesLog(contract),
          ReadWritePaths: [packageCachePath(contract)],
          BindReadOnlyPaths: [directoryOf(packagesJobFile(contract)), ...RESOLVER_FILES],
        },
      },
    },
  ];
}
