import { appUnit, etcPath, releasesPath, type RuntimeContract } from "@oroboros/slot-contract";
import {
  APP_USER,
  BUILD_USER,
  COMMIT_UNIT_KINDS,
  commitTemplate,
  nftablesUnit,
  POSTGRES_CLUSTER_UNIT,
  RELEASE_UNIT_KINDS,
  targetUnit,
  type CommitUnitKind,
} from "@oroboros/slot-contract/host";
import { BRANCH_SANDBOX, NETWORKS, RELEASE_SANDBOX, RESOLVER_FILES } from "../hardening.ts";
import { INSTANCE, releasedApp, releaseEnvironment, secretsFile } from "../release-program.ts";
import { maybe, type NamedUnit, type ServiceSection, type UnitSection } from "../unit-file.ts";
import { directoryOf } from "./places.ts";

const SECONDS = 3_600;

/** Root's templates by a commit's full id, and production of an application that is not this runtime. */
export function commitUnits(contract: RuntimeContract): NamedUnit[] {
  return [
    ...RELEASE_UNIT_KINDS.map((kind) => template(contract, kind, releaseService(contract))),
    ...COMMIT_UNIT_KINDS.map((kind) => template(contract, kind, commitService(contract, kind))),
    production(contract),
  ];
}

function template(contract: RuntimeContract, kind: CommitUnitKind, service: ServiceSection): NamedUnit {
  return {
    name: commitTemplate(contract, kind),
    unit: {
      Unit: { Description: [`Oroboros ${kind} of `, INSTANCE], ...unitSection(contract) },
      Service: {
        Type: "oneshot",
        TimeoutStartSec: SECONDS,
        TimeoutStopSec: 15,
        Environment: releaseEnvironment(contract),
        ExecStart: releasedApp(contract, "cli", "release", kind, [INSTANCE]),
        ...service,
      },
    },
  };
}

/** No part of the target: what switches a release restarts everything else. */
const unitSection = (contract: RuntimeContract): UnitSection => ({
  Wants: nftablesUnit(contract),
  After: nftablesUnit(contract),
  CollectMode: "inactive-or-failed",
  StartLimitIntervalSec: 0,
});

/** Copies, switches and restarts as root, and runs nothing of the commit. */
function releaseService(contract: RuntimeContract): ServiceSection {
  return {
    EnvironmentFile: secretsFile(contract, "worker"),
    ...RELEASE_SANDBOX,
    ReadWritePaths: [directoryOf(releasesPath(contract))],
  };
}

/** Runs what the commit says, with neither secrets nor a way to the control database. */
function commitService(contract: RuntimeContract, kind: CommitUnitKind): ServiceSection {
  const user = kind === "build" ? BUILD_USER : APP_USER;
  return {
    User: user,
    Group: user,
    ...(kind === "build" ? {} : { EnvironmentFile: maybe(secretsFile(contract, "app")) }),
    ...BRANCH_SANDBOX,
    ...NETWORKS[kind === "build" ? "full" : "loopback"],
    StateDirectory: `oroboros/${kind}`,
    StateDirectoryMode: "0750",
    BindReadOnlyPaths: RESOLVER_FILES,
    InaccessiblePaths: [maybe(etcPath(contract)), maybe("/var/log")],
  };
}

/** Nothing starts it before there is such an application. */
function production(contract: RuntimeContract): NamedUnit {
  return {
    name: appUnit(contract),
    unit: {
      Unit: {
        Description: "Oroboros, production of an application",
        PartOf: targetUnit(contract),
        Wants: POSTGRES_CLUSTER_UNIT,
        After: POSTGRES_CLUSTER_UNIT,
        StartLimitIntervalSec: 0,
      },
      Service: {
        Type: "exec",
        Restart: "always",
        RestartSec: 0.5,
        TimeoutStopSec: 15,
        Environment: releaseEnvironment(contract),
        ExecStart: releasedApp(contract, "cli", "release", "serve"),
        ...commitService(contract, "app-migrate"),
        ...NETWORKS.full,
        StateDirectory: "oroboros/app",
        MemoryMax: 2048,
        TasksMax: 512,
      },
    },
  };
}
