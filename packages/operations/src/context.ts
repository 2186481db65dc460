import { openControlStore, type Store } from "@oroboros/control-store";
import { slotServer, type SlotServer } from "@oroboros/db-safety";
import type { GateClock } from "@oroboros/health-probe";
import { accountOf, freeBytes } from "@oroboros/host";
import {
  packageCacheClient,
  supervisorClient,
  type PackageCache,
  type SlotProcesses,
} from "@oroboros/host/supervisor-client";
import { systemdClient, unitPackageCache } from "@oroboros/host/systemd-client";
import { openRunQueue, queueTransport, type RunQueue } from "@oroboros/run-queue";
import {
  postgresDataPath,
  repoPath,
  slotUid,
  supervisorSocket,
  type RunId,
  type RuntimeContract,
  type SlotId,
} from "@oroboros/slot-contract";
import { contractOf, type WorkerEnvironment } from "@oroboros/slot-contract/environments";
import { POSTGRES_CLUSTERS, slotUser } from "@oroboros/slot-contract/host";
import { openSourceReader, type SourceReader } from "./git/source-reader.ts";
import { guardCommand, type ProgramArgv } from "./guard/guard-command.ts";

/** Where operations tell what they do; pino's signature. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Time as operations need it: a monotonic clock for durations, and the date for what is written down. */
export interface Clock extends GateClock {
  today(): Date;
}

/** The world an operation acts on. */
export interface Context {
  readonly contract: RuntimeContract;
  readonly store: Store;
  readonly server: SlotServer;
  readonly slotPasswordKey: string;
  /** `PREVIEW_BACKEND_DATABASE_URL_TEMPLATE`: a claim for the judge, never a connection string. */
  readonly databaseUrlTemplate: string;
  readonly processes: SlotProcesses;
  readonly packages: PackageCache;
  /** Whom a slot's processes belong to, where users are separated. */
  readonly slotUserId: (slot: SlotId) => number;
  /** Who works: a lease that names a worker ends with it. Null for a command, of which there is no such sign of life. */
  readonly workerId: number | null;
  /** How long one publish may take. */
  readonly runTimeoutSeconds: number;
  readonly queue: RunQueue;
  /** The application's repository. */
  readonly source: SourceReader;
  /** The program that reads migrations. */
  readonly migrationGuard: ProgramArgv;
  /** How often this process could not read what a queued run is to publish, for a reason that is no fault of the commit. */
  readonly unread: Map<RunId, number>;
  readonly clock: Clock;
  /** Told to every process that is started for a request; undefined for work that nobody has asked for. */
  readonly traceId?: string;
  /** Ends what is done to a slot's database for whoever has gone: a command that was interrupted. */
  readonly signal?: AbortSignal;
  readonly fetch: typeof fetch;
  readonly log: Log;
}

export interface World {
  fetch: typeof fetch;
  clock: Clock;
  log: Log;
  workerId?: number | null;
  /** Another program that reads migrations than the release's. */
  migrationGuard?: ProgramArgv;
}

/** For what belongs to no slot: rounds, heartbeats, the queue's waking. */
const MORE_CONNECTIONS = 5;

/** Connects to everything `worker.env` names. The caller closes what this opens. */
export function openContext(env: WorkerEnvironment, world: World): Context & { close(): Promise<void> } {
  const contract = contractOf(env);
  const onError = (error: unknown): void => world.log.error({ err: error }, "a connection failed");
  const control = openControlStore({
    databaseUrl: env.DATABASE_URL,
    // Each slot's publish or reset may be waiting on one, and nobody else is to wait for them.
    maxConnections: contract.slotCount + MORE_CONNECTIONS,
    onError,
  });
  const queue = openRunQueue(queueTransport(env), { onError });
  const manager = env.OROBOROS_SERVICE_MANAGER === "systemd" ? systemd(contract, world) : supervisor(contract);
  return {
    ...world,
    workerId: world.workerId ?? null,
    migrationGuard: world.migrationGuard ?? guardCommand(contract),
    contract,
    store: control.db,
    ...manager,
    server: slotServer(env.DATABASE_URL, { freeBytes: () => freeBytes(manager.databases) }),
    slotPasswordKey: env.SLOT_DATABASE_PASSWORD_KEY,
    runTimeoutSeconds: env.WORKER_RUN_TIMEOUT_SECONDS,
    databaseUrlTemplate: env.PREVIEW_BACKEND_DATABASE_URL_TEMPLATE,
    queue,
    source: openSourceReader(repoPath(contract)),
    unread: new Map(),
    close: async () => {
      await queue.close();
      await control.close();
    },
  };
}

/** What differs by who starts the slots' processes. */
type ServiceManager = Pick<Context, "processes" | "packages" | "slotUserId"> & {
  /** A place of the file system that the databases fill. */
  readonly databases: string;
};

function supervisor(contract: RuntimeContract): ServiceManager {
  const socketPath = supervisorSocket(contract);
  return {
    processes: supervisorClient({ socketPath }),
    packages: packageCacheClient({ socketPath }),
    slotUserId: (slot) => slotUid(contract, slot),
    databases: postgresDataPath(contract),
  };
}

const systemd = (contract: RuntimeContract, { fetch }: World): ServiceManager => ({
  processes: systemdClient({ contract, fetch }),
  packages: unitPackageCache(contract),
  slotUserId: (slot) => accountOf(slotUser(slot)).uid,
  databases: POSTGRES_CLUSTERS,
});
