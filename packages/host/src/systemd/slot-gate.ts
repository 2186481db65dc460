import { STEP_KINDS, type LeaseEpoch, type RuntimeContract, type SlotId } from "@oroboros/slot-contract";
import { epochFile, lockFile, stepUnit } from "@oroboros/slot-contract/host";
import { readEpoch, refuseStale } from "../slot/epoch-fence.ts";
import { takeLock } from "../take-lock.ts";
import { stopUnits } from "./systemctl.ts";
import { writeJobFile } from "../write-job-file.ts";

/**
 * Lets one at a time begin something in a slot, of all processes of this host, and nobody whose lease is gone. Whoever presents a
 * greater epoch ends the steps of those before; a smaller one is refused with `stale_lease`. An operator's own command presents none.
 */
export type SlotGate = Readonly<{
  admit(epoch: LeaseEpoch | undefined): Promise<void>;
  /** Runs `task` while nobody else begins anything, and no greater epoch comes in. */
  enter<T>(epoch: LeaseEpoch | undefined, task: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}>;

/** Longer than a slot takes to be emptied. */
const WAIT_MS = 180_000;

export function slotGate(contract: RuntimeContract, slot: SlotId): SlotGate {
  const file = epochFile(contract, slot);
  const locked = async <T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    await using _lock = await takeLock(lockFile(contract, slot), { what: slot, waitMs: WAIT_MS, signal });
    // Awaited here: the lock is let go of when this returns.
    return await task();
  };
  const check = async (epoch: LeaseEpoch | undefined): Promise<bigint> => {
    const greatest = await readEpoch(slot, file);
    refuseStale(slot, epoch, greatest);
    return greatest;
  };
  return {
    admit: async (epoch) => {
      if (epoch === undefined || (await check(epoch)) === BigInt(epoch)) return;
      await locked(async () => {
        if ((await check(epoch)) === BigInt(epoch)) return;
        // Before it is kept: whoever presents it again after a crash in between ends them again.
        await stopUnits(STEP_KINDS.map((kind) => stepUnit(contract, kind, slot)));
        await writeJobFile(file, `${epoch}\n`);
      });
    },
    enter: (epoch, task, signal) =>
      locked(async () => {
        await check(epoch);
        signal?.throwIfAborted();
        return task();
      }, signal),
  };
}
