import { OperatorError, type LeaseEpoch, type SlotId } from "@oroboros/slot-contract";
import { readConfinedText } from "../read-file-confined.ts";
import { writeFileAtomic } from "../write-file-atomic.ts";
import { inTurn } from "./in-turn.ts";

/** Knows the greatest lease epoch that was presented for a slot; whoever presents a smaller one has lost the slot since. */
export type EpochFence = Readonly<{
  /**
   * Resolves once the epoch is kept, so that a supervisor that is started again knows it too. An operator's own command presents none.
   *
   * @returns whether this is the first time that it is kept: whatever runs under an earlier one has to end.
   * @throws OperatorError `stale_lease`.
   */
  present(epoch: LeaseEpoch | undefined): Promise<boolean>;
  /** @throws OperatorError `stale_lease` where a greater one was presented meanwhile. */
  check(epoch: LeaseEpoch | undefined): void;
}>;

const FILE_MODE = 0o600;
/** Longer than any epoch, which is a bigint of PostgreSQL. */
const MAX_BYTES = 64;

/**
 * The fence of a slot that one process alone keeps.
 *
 * @param options.file where the greatest epoch is kept; nobody but the supervisor may write there.
 * @throws OperatorError `not_installed` where the file says something else.
 */
export async function openEpochFence({ slot, file }: { slot: SlotId; file: string }): Promise<EpochFence> {
  let kept = await readEpoch(slot, file);
  let greatest = kept;
  const writes = inTurn();
  const check = (epoch: LeaseEpoch | undefined): void => refuseStale(slot, epoch, greatest);
  return {
    check,
    present: async (epoch) => {
      if (epoch === undefined) return false;
      check(epoch);
      const presented = BigInt(epoch);
      greatest = presented;
      // In turn they only grow, and whoever presents one that is still being written waits for it as well.
      return writes(async () => {
        if (presented <= kept) return false;
        await writeFileAtomic(file, `${presented}\n`, { mode: FILE_MODE });
        kept = presented;
        return true;
      });
    },
  };
}

/**
 * -1 where none was presented yet.
 *
 * @throws OperatorError `not_installed`; `path_refused` for a link, a fifo or a file of somebody else's.
 */
export async function readEpoch(slot: SlotId, file: string): Promise<bigint> {
  const text = (await readConfinedText(file, { maxBytes: MAX_BYTES }))?.trim();
  if (text === undefined) return -1n;
  if (/^\d+$/.test(text)) return BigInt(text);
  throw new OperatorError("not_installed", `${file} does not say which lease was last at work in ${slot}.`, {
    hint: `Stop the runtime, remove ${file}, and start it again.`,
  });
}

/** @throws OperatorError `stale_lease`. */
export function refuseStale(slot: SlotId, epoch: LeaseEpoch | undefined, greatest: bigint): void {
  if (epoch === undefined || BigInt(epoch) >= greatest) return;
  throw new OperatorError(
    "stale_lease",
    `Lease ${epoch} of ${slot} is no longer held; lease ${greatest} is at work in it.`,
    { hint: "See who holds the slot with: oroboros slots list" },
  );
}
