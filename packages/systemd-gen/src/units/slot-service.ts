import { artifactsPath, etcPath, repoPath, surfacesPath, type RuntimeContract } from "@oroboros/slot-contract";
import {
  caddyStatePath,
  nftablesUnit,
  outcomesPath,
  packagesEnvironmentFile,
  POSTGRES_CLUSTERS,
  snapshotsPath,
  targetUnit,
} from "@oroboros/slot-contract/host";
import { BRANCH_SANDBOX, NETWORKS, RESOLVER_FILES, type Network } from "../hardening.ts";
import { releasedApp, releaseEnvironment, writeOutcome } from "../release-program.ts";
import { maybe, type Optional, type ServiceSection, type UnitSection } from "../unit-file.ts";
import { firewallMark } from "./places.ts";

/**
 * What a slot's user runs once, and only where the rules of who may connect to whom are loaded. It does not require their unit: whatever
 * requires a unit is restarted with it, and a step that has run halfway must not be run again from its start.
 */
export function onceUnitSection(contract: RuntimeContract): UnitSection {
  const firewall = nftablesUnit(contract);
  return {
    PartOf: targetUnit(contract),
    Wants: firewall,
    After: firewall,
    StopPropagatedFrom: firewall,
    AssertPathExists: firewallMark(contract),
    // What a unit left behind is in its outcome file.
    CollectMode: "inactive-or-failed",
    StartLimitIntervalSec: 0,
  };
}

/** What all units of a slot have in common; which slot's it is, {@link ./slot-drop-ins.ts} says. */
export function slotService(
  contract: RuntimeContract,
  { args, network, readsRepository }: { args: readonly string[]; network: Network; readsRepository: boolean },
): ServiceSection {
  const { memoryMb, cpuPercent, tasks } = contract.slotLimits;
  return {
    Environment: releaseEnvironment(contract),
    ExecStart: releasedApp(contract, "step-runner", ...args),
    ExecStopPost: writeOutcome(contract),
    StandardError: "inherit",
    OOMPolicy: "kill",
    MemoryMax: memoryMb,
    MemorySwapMax: 0,
    CPUQuota: cpuPercent,
    TasksMax: tasks,
    LimitFSIZE: 1024,
    // Below what serves: api, surfaces and PostgreSQL have the default of 100.
    CPUWeight: 50,
    IOWeight: 50,
    ...BRANCH_SANDBOX,
    ...NETWORKS[network],
    ...(network === "full"
      ? { BindReadOnlyPaths: RESOLVER_FILES, EnvironmentFile: maybe(packagesEnvironmentFile(contract)) }
      : {}),
    // ExecStopPost= has no sandbox, but the same /run.
    BindPaths: [outcomesPath(contract)],
    InaccessiblePaths: hidden(contract, readsRepository),
  };
}

/** Modes keep most of it already; a branch has no business even with the names of what is there. */
function hidden(contract: RuntimeContract, readsRepository: boolean): Optional[] {
  const paths = [
    etcPath(contract),
    artifactsPath(contract),
    surfacesPath(contract),
    ...(readsRepository ? [] : [repoPath(contract)]),
    snapshotsPath(contract),
    caddyStatePath(contract),
    POSTGRES_CLUSTERS,
    "/var/lib/redis",
    "/var/log",
  ];
  return paths.map(maybe);
}
