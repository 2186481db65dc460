import { apiPort, backendPort, embeddedPostgresPort, frontendPort, workerPort } from "./ports.ts";
import type { RuntimeContract } from "./runtime-contract.ts";
import { slotIds, type SlotId } from "./slot-id.ts";

/**
 * Numeric users of the process driver, which creates no accounts: a process that owns a port has the uid 40000 + port.
 * Ports are unique on a host, so the uids of two installations never meet; they stay below 65536 because user namespaces
 * commonly map no more.
 */
const UID_BASE = 40_000;

type Ports = Pick<RuntimeContract, "portOffset" | "slotCount">;

export const postgresUid = (contract: Ports): number => UID_BASE + embeddedPostgresPort(contract);
/** api and worker, which share the control database and the artifact directory. */
export const controlUid = (contract: Ports): number => UID_BASE + apiPort(contract);
/** Every web surface: they read static files and hold no secret. */
export function surfaceUid(contract: Ports): number {
  const first = slotIds(contract)[0];
  if (first === undefined) throw new Error("a contract has at least one slot");
  return UID_BASE + frontendPort(contract, first);
}
/** Fills the package cache. Its number follows the worker's port, which has no user of its own. */
export const packagesUid = (contract: Ports): number => UID_BASE + workerPort(contract);
export const slotUid = (contract: Ports, slot: SlotId): number => UID_BASE + backendPort(contract, slot);
