import { OperatorError, type LeaseEpoch, type SlotId } from "@oroboros/slot-contract";

/** Knows the greatest lease epoch that was presented for a slot; whoever presents a smaller one has lost the slot since. */
export type EpochFence = Readonly<{
  /**
   * An operator's own command presents none.
   *
   * @returns whether nobody has presented this one before.
   * @throws OperatorError `stale_lease`.
   */
  present(epoch: LeaseEpoch | undefined): boolean;
}>;

/** The epochs are only kept in memory: a supervisor that starts again has no process of an earlier grant to protect. */
export function openEpochFence(slot: SlotId): EpochFence {
  let greatest = -1n;
  return {
    present: (epoch) => {
      if (epoch === undefined) return false;
      const presented = BigInt(epoch);
      if (presented < greatest) throw staleLease(slot, epoch, greatest);
      const isNew = presented > greatest;
      greatest = presented;
      return isNew;
    },
  };
}

const staleLease = (slot: SlotId, epoch: LeaseEpoch, greatest: bigint): OperatorError =>
  new OperatorError("stale_lease", `Lease ${epoch} of ${slot} is no longer held; lease ${greatest} is at work in it.`, {
    hint: "See who holds the slot with: oroboros slots list",
  });
