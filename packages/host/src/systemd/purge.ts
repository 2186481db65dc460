import {
  backendUnit,
  type LeaseEpoch,
  type OperatorError,
  type SlotId,
  slotRunPath,
  STEP_KINDS,
} from "@oroboros/slot-contract";
import { purgeUnit, stepUnit } from "@oroboros/slot-contract/host";
import { emptyDirectory } from "../remove-tree.ts";
import { within } from "../within.ts";
import type { SlotGate } from "./slot-gate.ts";
import { startUnit, stopUnits, unitFailed } from "./systemctl.ts";
import type { SystemdHost } from "./systemd-host.ts";

const PURGE_DEADLINE_MS = 150_000;
/** What a backend is given to end by itself: little, where somebody waits for the slot. Its unit would give it more. */
const GRACE_MS = 1_000;

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
  await gate.enter(leaseEpoch, async () => {
    const steps = STEP_KINDS.map((kind) => stepUnit(contract, kind, slot));
    await stopUnits([purgeUnit(contract, slot)]);
    const stopped = stopUnits([...steps, backendUnit(contract, slot)]);
    await within(GRACE_MS, stopped).catch(() => undefined);
    // It kills what has not ended by now, before it removes anything.
    const [emptied] = await Promise.all([empty(purgeUnit(contract, slot)), stopped]);
    if (emptied !== undefined) throw emptied;
    await emptyDirectory(slotRunPath(contract, slot));
  });
}

async function empty(unit: string): Promise<OperatorError | undefined> {
  const { hasWorked, said } = await startUnit(unit, PURGE_DEADLINE_MS);
  return hasWorked ? undefined : unitFailed(unit, `could not empty its slot: ${said}`);
}
