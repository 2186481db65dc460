import {
  artifactsPath,
  etcPath,
  logsPath,
  packageCachePath,
  releasesPath,
  repoPath,
  runPath,
  runtimesPath,
  slotHome,
  slotIds,
  slotRunPath,
  slotWorktrees,
  surfacesPath,
  worktreesPath,
  type RuntimeContract,
  type SlotId,
} from "@oroboros/slot-contract";
import {
  API_USER,
  backendLogsPath,
  CADDY_USER,
  caddySocket,
  epochsPath,
  maintenancePath,
  outcomesPath,
  PACKAGES_USER,
  packagesHome,
  packagesJobFile,
  slotUser,
  snapshotsPath,
  statePath,
  stepLogsPath,
  WORKER_USER,
} from "@oroboros/slot-contract/host";

/** A directory that is there after every boot, with exactly this owner and mode. */
export interface Directory {
  readonly path: string;
  readonly mode: number;
  readonly user: string;
  readonly group: string;
}

const ROOT = "root";
// A file that is made in such a directory belongs to the directory's group, whoever makes it.
const SHARED_WITH_GROUP = 0o2750;

/** Every directory of a host, parents before what lies in them. */
export function directories(contract: RuntimeContract): Directory[] {
  return [
    ...rootsOwn(contract),
    ...controls(contract),
    ...caches(contract),
    ...slotIds(contract).flatMap((slot) => ofSlot(contract, slot)),
  ];
}

function rootsOwn(contract: RuntimeContract): Directory[] {
  const paths = [
    etcPath(contract),
    parent(repoPath(contract)),
    repoPath(contract),
    releasesPath(contract),
    parent(runtimesPath(contract)),
    runtimesPath(contract),
    statePath(contract),
    slotHomes(contract),
    parent(packageCachePath(contract)),
    logsPath(contract),
    runPath(contract),
    slotRuns(contract),
  ];
  return paths.map((path) => ({ path, mode: 0o755, user: ROOT, group: ROOT }));
}

function controls(contract: RuntimeContract): Directory[] {
  const worker = { user: WORKER_USER, group: WORKER_USER };
  return [
    // The api serves artifacts and writes none.
    { path: artifactsPath(contract), mode: SHARED_WITH_GROUP, user: WORKER_USER, group: API_USER },
    { path: maintenancePath(contract), mode: SHARED_WITH_GROUP, user: WORKER_USER, group: API_USER },
    { path: surfacesPath(contract), mode: 0o755, ...worker },
    // The worker links each slot to its publish here, and can not replace a directory that is a slot's.
    { path: worktreesPath(contract), mode: 0o1775, user: ROOT, group: WORKER_USER },
    { path: snapshotsPath(contract), mode: 0o700, ...worker },
    { path: outcomesPath(contract), mode: 0o750, user: ROOT, group: WORKER_USER },
    { path: epochsPath(contract), mode: 0o700, ...worker },
    { path: parent(caddySocket(contract)), mode: 0o700, user: CADDY_USER, group: CADDY_USER },
    // PID 1 makes the logs; the worker reads them into a run's evidence.
    { path: backendLogsPath(contract), mode: SHARED_WITH_GROUP, user: ROOT, group: WORKER_USER },
    { path: stepLogsPath(contract), mode: SHARED_WITH_GROUP, user: ROOT, group: WORKER_USER },
  ];
}

function caches(contract: RuntimeContract): Directory[] {
  const packages = { user: PACKAGES_USER, group: PACKAGES_USER };
  return [
    { path: packageCachePath(contract), mode: 0o755, ...packages },
    { path: packagesHome(contract), mode: 0o700, ...packages },
    { path: parent(packagesJobFile(contract)), mode: SHARED_WITH_GROUP, user: WORKER_USER, group: PACKAGES_USER },
  ];
}

function ofSlot(contract: RuntimeContract, slot: SlotId): Directory[] {
  const user = slotUser(slot);
  const home = { mode: 0o700, user, group: user };
  return [
    // Without the setgid bit, which a copied directory would take along and `RestrictSUIDSGID=` refuses: whom this one lets in may
    // read what is in it.
    { path: slotWorktrees(contract, slot), mode: 0o750, user, group: WORKER_USER },
    { path: slotHome(contract, slot), ...home },
    { path: `${slotHome(contract, slot)}/tmp`, ...home },
    { path: slotRunPath(contract, slot), mode: SHARED_WITH_GROUP, user: WORKER_USER, group: user },
  ];
}

const parent = (path: string): string => path.slice(0, path.lastIndexOf("/"));
const anySlot = (contract: RuntimeContract): SlotId => slotIds(contract)[0] as SlotId;
const slotHomes = (contract: RuntimeContract): string => parent(slotHome(contract, anySlot(contract)));
const slotRuns = (contract: RuntimeContract): string => parent(slotRunPath(contract, anySlot(contract)));
