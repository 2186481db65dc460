import type { RuntimeContract } from "./runtime-contract.ts";
import { slotNumber, type SlotId } from "./slot-id.ts";

const API = 8000;
const WORKER = 8090;
const WEB_MAIN = 3100;
const SLOT_BACKENDS = 8100;
const EMBEDDED_POSTGRES = 15_432;

type Ports = Pick<RuntimeContract, "portOffset">;

export const apiPort = (contract: Ports): number => API + contract.portOffset;
export const workerPort = (contract: Ports): number => WORKER + contract.portOffset;
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
