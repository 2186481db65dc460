import {
  asUser,
  childEnvironment,
  killProcesses,
  packageStoreDirectory,
  removeTree,
  systemClock,
  touchPackageStore,
} from "@oroboros/host";
import {
  fillPackageStore,
  inTurn,
  PNPM_VERSION,
  pnpmVersion,
  prunePackageStores,
  type PackageFiller,
} from "@oroboros/host/slot-driver";
import type { FillReport, MainLockfile } from "@oroboros/host/supervisor-client";
import type { Logger } from "@oroboros/service-kit";
import { packageCachePath, type RuntimeContract } from "@oroboros/slot-contract";
import type { SupervisorConfig } from "@oroboros/slot-contract/environments";
import { type ProcessUsers, removeLeftovers } from "./process-users.ts";

export type PackageCacheDeps = Readonly<{
  contract: RuntimeContract;
  users: ProcessUsers;
  config: SupervisorConfig;
  log: Logger;
}>;

/** The stores of main's packages, which slots read. Nothing that a branch has pushed has any part in them. */
export type Packages = Readonly<{
  pnpmVersion(): Promise<string | null>;
  fill(key: string, lockfiles: readonly MainLockfile[], signal: AbortSignal): Promise<FillReport>;
  remove(key: string): Promise<void>;
  stop(): Promise<void>;
}>;

const KILL_DEADLINE_MS = 5_000;

export function openPackages(deps: PackageCacheDeps): Packages {
  const { contract, users, config, log } = deps;
  const turn = inTurn();
  const stopping = new AbortController();
  const fill = async (key: string, lockfiles: readonly MainLockfile[], signal: AbortSignal): Promise<void> => {
    if (!users.isolated)
      log.warn({ key }, "NOT ISOLATED: without root a branch can write the packages that others install");
    await fillPackageStore(fillerOf(deps), { key, lockfiles }, signal);
  };
  return {
    pnpmVersion: () =>
      pnpmVersion({
        argv: asUser(users.packages, PNPM_VERSION),
        env: { PATH: config.step_path, HOME: packageCachePath(contract) },
      }),
    fill: (key, lockfiles, hungUp) =>
      turn(async () => {
        const startedAt = systemClock.now();
        const already = touchPackageStore(contract, key, systemClock.today());
        if (!already) await fill(key, lockfiles, AbortSignal.any([hungUp, stopping.signal]));
        await prunePackageStores(contract);
        return { already, isolated: users.isolated, durationMs: systemClock.now() - startedAt };
      }),
    remove: (key) => turn(() => removeTree(packageStoreDirectory(contract, key))),
    stop: async () => {
      stopping.abort();
      await turn(() => endUser(users));
      await removeLeftovers(users.packages, deps);
    },
  };
}

const fillerOf = ({ contract, users, config }: PackageCacheDeps): PackageFiller => ({
  contract,
  owner: users.isolated ? users.packages : undefined,
  asFiller: (argv) => asUser(users.packages, argv),
  environment: (home) =>
    childEnvironment({
      source: config.step_env,
      declared: { CI: "true", NO_COLOR: "1" },
      home,
      path: config.step_path,
      packages: true,
    }),
  endAll: () => endUser(users),
});

async function endUser(users: ProcessUsers): Promise<void> {
  if (users.isolated) await killProcesses(({ uid }) => uid === users.packages.uid, KILL_DEADLINE_MS);
}
