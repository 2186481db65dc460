import {
  API_ROLE,
  CONTROL_DATABASE,
  DATABASE_OWNER_ROLE,
  keptDatabase,
  MIGRATOR_ROLE,
  retiredDatabase,
  ROTATOR_ROLE,
  slotDatabase,
  slotRole,
  SLOTS_ROLE,
  spareDatabase,
  TEMPLATE_ROLE,
  WORKER_ROLE,
} from "./names.ts";
import * as paths from "./paths.ts";
import * as ports from "./ports.ts";
import { controlUid, packagesUid, postgresUid, slotUid, surfaceUid } from "./process-uids.ts";
import type { RuntimeContract } from "./runtime-contract.ts";
import { slotIds } from "./slot-id.ts";
import { webRoot } from "./static-roots.ts";

/** What a contract takes of each kind; nothing may stand in one of these lists twice. */
export function usedPorts(contract: RuntimeContract): number[] {
  return [
    ports.postgresPort(),
    ports.redisPort(),
    ports.apiPort(contract),
    ports.workerPort(contract),
    ports.caddyPort(contract),
    ports.webMainPort(contract),
    ports.appBackendPort(contract),
    ports.embeddedPostgresPort(contract),
    ...slotIds(contract).flatMap((slot) => [ports.frontendPort(contract, slot), ports.backendPort(contract, slot)]),
  ];
}

export function usedDatabases(contract: RuntimeContract): string[] {
  const ofSlot = [slotDatabase, spareDatabase, retiredDatabase, keptDatabase];
  return [CONTROL_DATABASE, ...slotIds(contract).flatMap((slot) => ofSlot.map((name) => name(slot)))];
}

export function usedRoles(contract: RuntimeContract): string[] {
  const own = [API_ROLE, WORKER_ROLE, MIGRATOR_ROLE, TEMPLATE_ROLE, DATABASE_OWNER_ROLE, ROTATOR_ROLE, SLOTS_ROLE];
  return [...own, ...slotIds(contract).map(slotRole)];
}

export function usedUids(contract: RuntimeContract): number[] {
  const own = [postgresUid(contract), controlUid(contract), surfaceUid(contract), packagesUid(contract)];
  return [...own, ...slotIds(contract).map((slot) => slotUid(contract, slot))];
}

export function usedPaths(contract: RuntimeContract): string[] {
  const ofSlot = [
    webRoot,
    paths.worktreeLink,
    paths.slotWorktrees,
    paths.surfaceLink,
    paths.slotSurfaces,
    paths.slotRunPath,
    paths.backendLog,
    paths.slotHome,
  ];
  return slotIds(contract).flatMap((slot) => ofSlot.map((path) => path(contract, slot)));
}
