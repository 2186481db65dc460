import type { RuntimeContract } from "./runtime-contract.ts";
import { slotNumber, type SlotId } from "./slot-id.ts";

const API = 8000;
const WORKER = 8090;
const WEB_MAIN = 3100;
const SLOT_BACKENDS = 8100;
const APP_BACKEND = 8200;
const CADDY = 8088;
const EMBEDDED_POSTGRES = 15_432;
/** The distribution's own services, which no port offset moves. */
const POSTGRES = 5432;
const REDIS = 6379;

type Ports = Pick<RuntimeContract, "portOffset">;

export const apiPort = (contract: Ports): number => API + contract.portOffset;
export const workerPort = (contract: Ports): number => WORKER + contract.portOffset;
export const webMainPort = (contract: Ports): number => WEB_MAIN + contract.portOffset;
/** Production backend of a foreign application. */
export const appBackendPort = (contract: Ports): number => APP_BACKEND + contract.portOffset;
export const caddyPort = (contract: Ports): number => CADDY + contract.portOffset;
export const postgresPort = (): number => POSTGRES;
export const redisPort = (): number => REDIS;
export const frontendPort = (contract: Ports, slot: SlotId): number =>
  WEB_MAIN + slotNumber(slot) + contract.portOffset;
export const backendPort = (contract: Ports, slot: SlotId): number =>
  SLOT_BACKENDS + slotNumber(slot) + contract.portOffset;

/** The server an embedded installation brings along; a systemd host uses the distribution's on 5432. */
export const embeddedPostgresPort = (contract: Ports): number => EMBEDDED_POSTGRES + contract.portOffset;

export const loopbackUrl = (port: number): string => `http://127.0.0.1:${port}`;

/** The slot whose surface listens on this port, as a number; undefined where the port belongs to no slot. */
export function slotNumberOfFrontendPort(
  contract: Pick<RuntimeContract, "portOffset" | "slotCount">,
  port: number,
): number | undefined {
  const number = port - WEB_MAIN - contract.portOffset;
  return number >= 1 && number <= contract.slotCount ? number : undefined;
}

/**
 * The backend's URL of every slot as a template of the documents' kind, `http://127.0.0.1:810{slot}`; undefined where the
 * contract's port offset leaves the last digit not to the slot's number.
 */
export function slotApiDirectTemplate(contract: Ports): string | undefined {
  const base = SLOT_BACKENDS + contract.portOffset;
  return base % 10 === 0 ? `${loopbackUrl(base / 10)}{slot}` : undefined;
}
