import type { LeaseEpoch, RunId, SlotId } from "@oroboros/slot-contract";

/** A grant of a slot: the epoch is what proves it, the run is who it was for (null: an operation without a run). */
export interface LeaseRef {
  slotId: SlotId;
  runId: RunId | null;
  leaseEpoch: LeaseEpoch;
}

/** A run's live lease. */
export interface Lease extends LeaseRef {
  runId: RunId;
  expiresAt: Date;
}
