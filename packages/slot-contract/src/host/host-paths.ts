import {
  artifactsPath,
  currentPath,
  etcPath,
  logsPath,
  packageCachePath,
  runPath,
  runtimesPath,
  slotRunPath,
  statePath,
} from "../paths.ts";
import type { RuntimeContract } from "../runtime-contract.ts";
import type { SlotId } from "../slot-id.ts";
import type { StepKind } from "../step-kinds.ts";

type Root = Pick<RuntimeContract, "root">;

/** Where a host's own units, and the files that systemd's other tools read, are installed (file-hierarchy(7)). */
export const UNIT_DIRECTORY = "/etc/systemd/system";
export const SYSUSERS_DIRECTORY = "/etc/sysusers.d";
export const TMPFILES_DIRECTORY = "/etc/tmpfiles.d";
export const SYSCTL_DIRECTORY = "/etc/sysctl.d";
export const POLKIT_RULES_DIRECTORY = "/etc/polkit-1/rules.d";
/** Data of Debian's PostgreSQL clusters; the directory of the server itself is its user's alone. */
export const POSTGRES_CLUSTERS = "/var/lib/postgresql";

/** The documents' own place for a backend's log: a link of root's to the directory below. */
export const BACKEND_LOG_LINK = "/tmp/oroboros-preview-backend";
export const backendLogsPath = (contract: Root): string => `${logsPath(contract)}/preview-backend`;

export const caddyfilePath = (contract: Root): string => `${etcPath(contract)}/Caddyfile`;
export const nftablesFile = (contract: Root): string => `${etcPath(contract)}/nftables.conf`;
/** Where an operator sets a registry, a proxy or a certificate for what installs packages; nobody else writes it. */
export const packagesEnvironmentFile = (contract: Root): string => `${etcPath(contract)}/packages.env`;
/** The contract that an installation was made from, as JSON. */
export const contractFile = (contract: Root): string => `${etcPath(contract)}/contract.json`;
/** Hashes of what installation has put on the host, so that what somebody else has changed can be told from it. */
export const installRecordFile = (contract: Root): string => `${statePath(contract)}/installed.json`;
/** Caddy's administration: no port, and nobody but its user. */
export const caddySocket = (contract: Root): string => `${runPath(contract)}/caddy/admin.sock`;

/** Where Caddy keeps certificates, and the configuration it had last. */
export const caddyStatePath = (contract: Root): string => `${statePath(contract)}/caddy`;
/** Dumps of another server's databases, until they are masked. */
export const snapshotsPath = (contract: Root): string => `${statePath(contract)}/snapshots`;
/** The programs of a release: hard links into {@link runtimesPath}. */
export const releasePrograms = (contract: Root): string => `${currentPath(contract)}/bin`;
export const releaseNode = (contract: Root): string => `${releasePrograms(contract)}/node`;
/** `PATH` of a slot's processes: the release's own programs before the host's. */
export const commandPath = (contract: Root): string => `${releasePrograms(contract)}:/usr/local/bin:/usr/bin:/bin`;
export const releaseApp = (contract: Root, app: string): string => `${currentPath(contract)}/apps/${app}.js`;
/** `program`: with its version, as in `node-24.21.0`. */
export const runtimeProgram = (contract: Root, program: string, name: string): string =>
  `${runtimesPath(contract)}/${program}/bin/${name}`;

/** What the slot's backend unit runs: the job that was published, bound to a worktree, with its whole environment. */
export const backendStartFile = (contract: Root, slot: SlotId): string =>
  `${slotRunPath(contract, slot)}/backend-start.json`;
/** The invocation of the backend's unit that somebody has asked for: every later one is systemd's own restart. */
export const backendInvocationFile = (contract: Root, slot: SlotId): string =>
  `${slotRunPath(contract, slot)}/backend-invocation`;
/** What the slot's next step of a kind is to run. */
export const stepJobFile = (contract: Root, slot: SlotId, kind: StepKind): string =>
  `${slotRunPath(contract, slot)}/step-${kind}.json`;
/** What a step said: written by systemd, read by the worker. */
export const stepLogsPath = (contract: Root): string => `${logsPath(contract)}/steps`;
export const stepLog = (contract: Root, slot: SlotId, kind: StepKind): string =>
  `${stepLogsPath(contract)}/${slot}-${kind}.log`;
/** How a unit ended, written by root after each end. */
export const outcomesPath = (contract: Root): string => `${runPath(contract)}/outcomes`;
export const outcomeFile = (contract: Root, unit: string): string => `${outcomesPath(contract)}/${unit}.json`;
/** The greatest lease epoch that was presented for each slot. */
export const epochsPath = (contract: Root): string => `${runPath(contract)}/epochs`;
export const epochFile = (contract: Root, slot: SlotId): string => `${epochsPath(contract)}/${slot}`;
/** Held by whoever is at work with a slot, or with a unit; it ends with its holder. */
export const lockFile = (contract: Root, name: string): string => `${epochsPath(contract)}/${name}.lock`;

/** What the package cache is to be filled with, for {@link packagesUnit}. */
export const packagesJobFile = (contract: Root): string => `${runPath(contract)}/packages/job.json`;
/** Beside the steps' logs, which the worker may read. */
export const packagesLog = (contract: Root): string => `${stepLogsPath(contract)}/packages.log`;
export const packagesHome = (contract: Root): string => `${packageCachePath(contract)}/.home`;

/** What the timers leave behind. */
export const maintenancePath = (contract: Root): string => `${artifactsPath(contract)}/maintenance`;
