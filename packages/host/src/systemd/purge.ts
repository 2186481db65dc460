import { backendUnit, type LeaseEpoch, type SlotId, slotRunPath, STEP_KINDS } from "@oroboros/slot-contract";
import { purgeUnit, stepUnit } from "@oroboros/slot-contract/host";
import { emptyDirectory } from "../remove-tree.ts";
import type { SlotGate } from "./slot-gate.ts";
import { startUnit, stopUnits, unitFailed } from "./systemctl.ts";
import type { SystemdHost } from "./systemd-host.ts";

const PURGE_DEADLINE_MS = 150_000;

/**
 * Ends everything of a slot, and removes what its user has: as that user, whatever modes it left behind. Nothing begins meanwhile.
 *
 * @throws OperatorError `stale_lease`, `unit_failed`, `command_refused`.
 */
export async function purgeSlot(
  { contract }: SystemdHost,
  gate: SlotGate,
  { slot, leaseEpoch, giveUp }: { slot: SlotId; leaseEpoch: LeaseEpoch | undefined; giveUp: () => void },
): Promise<void> {
  await gate.admit(leaseEpoch);
  giveUp();
  const purge = purgeUnit(contract, slot);
  await gate.enter(leaseEpoch, async () => {
    const steps = STEP_KINDS.map((kind) => stepUnit(contract, kind, slot));
    await stopUnits([...steps, backendUnit(contract, slot), purge]);
    const { hasWorked, said } = await startUnit(purge, PURGE_DEADLINE_MS);
    if (!hasWorked) throw unitFailed(purge, `could not empty ${slot}: ${said}`);
    await emptyDirectory(slotRunPath(contract, slot));
  });
}
