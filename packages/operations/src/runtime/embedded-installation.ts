import {
  apiPort,
  artifactsPath,
  backendPort,
  controlUid,
  currentPath,
  embeddedPostgresPort,
  etcPath,
  frontendPort,
  logsPath,
  postgresDataPath,
  postgresUid,
  repoPath,
  runPath,
  runtimesPath,
  slotIds,
  surfacesPath,
  workerPort,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { releaseApp, releaseNode } from "@oroboros/slot-contract/host";
import type { SupervisorConfig } from "@oroboros/slot-contract/environments";
import { LOGIN_SECONDS, maxConnections } from "@oroboros/db-safety";
import type { EnvironmentFiles } from "./environment-files.ts";

export interface InstalledDirectory {
  path: string;
  mode: number;
  owner: "root" | "control" | "postgres";
}

type InstalledService = SupervisorConfig["services"][number];

/** Keeps a small idle Node process small: less young generation, compiled code kept lean. */
const NODE_FLAGS = ["--max-semi-space-size=1", "--optimize-for-size"];
/** Of one that mostly waits for others: V8's optimizing compilers cost it 10 MB. A surface, which works for every visitor, has them. */
const WAITING_FLAGS = ["--no-opt", "--no-maglev"];

export const postgresRuntime = (contract: RuntimeContract): string => `${runtimesPath(contract)}/postgres`;
export const postgresSocketPath = (contract: RuntimeContract): string => `${runPath(contract)}/postgres`;

/** One of the release's processes; the link to the release resolves when the process starts. */
export const releasedApp = (contract: RuntimeContract, app: string): string[] => [
  releaseNode(contract),
  ...NODE_FLAGS,
  ...(app === "web-surface" ? [] : WAITING_FLAGS),
  releaseApp(contract, app),
];

/** Every port an embedded installation listens on. */
export function installationPorts(contract: RuntimeContract): { service: string; port: number }[] {
  return [
    { service: "api", port: apiPort(contract) },
    { service: "worker", port: workerPort(contract) },
    { service: "postgres", port: embeddedPostgresPort(contract) },
    ...slotIds(contract).flatMap((slot) => [
      { service: `web-${slot}`, port: frontendPort(contract, slot) },
      { service: `backend ${slot}`, port: backendPort(contract, slot) },
    ]),
  ];
}

/** The directories installation makes; those of the slots' users are the supervisor's to make. */
export function installationDirectories(contract: RuntimeContract): InstalledDirectory[] {
  return [
    { path: etcPath(contract), mode: 0o700, owner: "root" },
    { path: runPath(contract), mode: 0o755, owner: "root" },
    { path: logsPath(contract), mode: 0o755, owner: "root" },
    { path: runtimesPath(contract), mode: 0o755, owner: "root" },
    { path: repoPath(contract), mode: 0o755, owner: "root" },
    { path: artifactsPath(contract), mode: 0o750, owner: "control" },
    { path: surfacesPath(contract), mode: 0o755, owner: "control" },
    { path: postgresSocketPath(contract), mode: 0o700, owner: "postgres" },
  ];
}

export const ownerOf = (
  contract: RuntimeContract,
  owner: InstalledDirectory["owner"],
): { uid: number; gid: number } => {
  const uid = { root: 0, control: controlUid(contract), postgres: postgresUid(contract) }[owner];
  return { uid, gid: uid };
};

/** What the supervisor runs, in the order of starting. */
export function installationServices(
  contract: RuntimeContract,
  files: EnvironmentFiles,
): [InstalledService, ...InstalledService[]] {
  const cwd = currentPath(contract);
  const surfaces = files.surfaces.map((env, index) => ({
    name: surfaceName(index),
    user: "surface" as const,
    argv: releasedApp(contract, "web-surface"),
    env,
    cwd,
  }));
  return [
    {
      name: "postgres",
      user: "postgres",
      argv: postgresArguments(contract),
      env: { LC_ALL: "C.UTF-8" },
      cwd: postgresDataPath(contract),
    },
    { name: "api", user: "control", argv: releasedApp(contract, "api"), env: files.api, cwd },
    { name: "worker", user: "control", argv: releasedApp(contract, "worker"), env: files.worker, cwd },
    ...surfaces,
  ];
}

/** The documents name a surface's env file and unit after its slot's alias. */
export const surfaceName = (index: number): string => `web-preview${index + 1}`;

export function postgresArguments(contract: RuntimeContract): string[] {
  const settings = [
    `listen_addresses=127.0.0.1`,
    `unix_socket_directories=${postgresSocketPath(contract)}`,
    "shared_buffers=64MB",
    `max_connections=${maxConnections(contract.slotCount)}`,
    // Provisioning sets it too, but only once, and what is provisioned here may be older than that.
    `authentication_timeout=${LOGIN_SECONDS}s`,
  ];
  return [
    `${postgresRuntime(contract)}/bin/postgres`,
    "-D",
    postgresDataPath(contract),
    "-p",
    String(embeddedPostgresPort(contract)),
    ...settings.flatMap((setting) => ["-c", setting]),
  ];
}
