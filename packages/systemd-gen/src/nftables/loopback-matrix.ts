import {
  apiPort,
  appBackendPort,
  backendPort,
  caddyPort,
  frontendPort,
  postgresPort,
  redisPort,
  slotIds,
  webMainPort,
  workerPort,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import {
  API_USER,
  APP_USER,
  BUILD_USER,
  CADDY_USER,
  PACKAGES_USER,
  POSTGRES_USER,
  REDIS_USER,
  slotUser,
  WEB_USER,
  WORKER_USER,
} from "@oroboros/slot-contract/host";

export interface PortOfUser {
  readonly user: string;
  readonly port: number;
}

/**
 * Whose processes answer on each port of the contract. PID 1 listens for the api and the surfaces; what it accepted is theirs.
 */
export function portOwners(contract: RuntimeContract): PortOfUser[] {
  return [
    { port: apiPort(contract), user: API_USER },
    { port: workerPort(contract), user: WORKER_USER },
    { port: caddyPort(contract), user: CADDY_USER },
    { port: webMainPort(contract), user: WEB_USER },
    { port: appBackendPort(contract), user: APP_USER },
    { port: postgresPort(), user: POSTGRES_USER },
    { port: redisPort(), user: REDIS_USER },
    ...slotIds(contract).flatMap((slot) => [
      { port: frontendPort(contract, slot), user: WEB_USER },
      { port: backendPort(contract, slot), user: slotUser(slot) },
    ]),
  ];
}

/** Where each confined user may connect to on loopback. The api, the worker and root are not confined there. */
export function loopbackGrants(contract: RuntimeContract): PortOfUser[] {
  const slots = slotIds(contract);
  const backends = slots.map((slot) => backendPort(contract, slot));
  const surfaces = slots.map((slot) => frontendPort(contract, slot));
  const of = (user: string, ports: readonly number[]): PortOfUser[] => ports.map((port) => ({ user, port }));
  return [
    ...of(WEB_USER, [apiPort(contract), ...backends]),
    ...of(CADDY_USER, [apiPort(contract), workerPort(contract), webMainPort(contract), ...surfaces]),
    ...of(APP_USER, [postgresPort(), appBackendPort(contract)]),
    ...slots.flatMap((slot) => of(slotUser(slot), [backendPort(contract, slot), postgresPort()])),
  ];
}

/**
 * Where a confined user's connections may leave the host to: `public` is the internet and the contract's own networks.
 */
export type Outside = "public" | "nowhere" | "anywhere";

/** The users whose every connection is judged. */
export function confinedUsers(contract: RuntimeContract): [user: string, outside: Outside][] {
  return [
    ...slotIds(contract).map((slot): [string, Outside] => [slotUser(slot), "public"]),
    [PACKAGES_USER, "public"],
    [BUILD_USER, "public"],
    [WEB_USER, "nowhere"],
    // A certificate is asked for at its authority; without public hosts Caddy has nobody to talk to.
    [CADDY_USER, contract.publicTls === false ? "nowhere" : "anywhere"],
    [APP_USER, "anywhere"],
  ];
}
