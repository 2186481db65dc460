import { makeDirectory } from "@oroboros/host";
import { temporaryPath } from "@oroboros/host/slot-driver";
import {
  backendLog,
  packageCachePath,
  type RuntimeContract,
  runPath,
  serviceLog,
  type SlotId,
  slotHome,
  slotIds,
  slotRunPath,
  slotWorktrees,
  worktreesPath,
} from "@oroboros/slot-contract";
import type { ProcessUsers } from "./process-users.ts";

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));

/** Where the greatest lease epoch of a slot is kept. */
export const epochFile = (contract: RuntimeContract, slot: SlotId): string => `${runPath(contract)}/epochs/${slot}`;

/** The directories of the users that only the supervisor knows, and those of the logs it writes. */
export function prepareDirectories(contract: RuntimeContract, users: ProcessUsers): void {
  const owner = (uid: number, gid: number): { uid: number; gid: number } | undefined =>
    users.isolated ? { uid, gid } : undefined;
  makeDirectory(parentOf(serviceLog(contract, "any")), { mode: 0o755 });
  makeDirectory(packageCachePath(contract), { mode: 0o755 });
  // Sticky: the worker's user moves its links here and can not touch the slots' own directories.
  makeDirectory(worktreesPath(contract), { mode: 0o1775, owner: owner(0, users.control.gid) });
  for (const slot of slotIds(contract)) {
    makeDirectory(parentOf(epochFile(contract, slot)), { mode: 0o700 });
    const user = users.slot(slot);
    makeDirectory(parentOf(backendLog(contract, slot)), { mode: 0o755 });
    makeDirectory(slotWorktrees(contract, slot), { mode: 0o2750, owner: owner(user.uid, users.control.gid) });
    makeDirectory(slotRunPath(contract, slot), { mode: 0o2750, owner: owner(users.control.uid, user.gid) });
    prepareHome(contract, users, slot);
  }
}

export function prepareHome(contract: RuntimeContract, users: ProcessUsers, slot: SlotId): void {
  const owner = users.isolated ? users.slot(slot) : undefined;
  makeDirectory(slotHome(contract, slot), { mode: 0o700, owner });
  makeDirectory(temporaryPath(contract, slot), { mode: 0o700, owner });
}
