import type { Lease } from "@oroboros/control-store";

/** A publish at work: under which grant of the lease, as which of the run's publishes, and until when. */
export interface PublishTask {
  lease: Lease;
  attempt: number;
  signal: AbortSignal;
  /** Whether another worker was at it before: the evidence of that one stays what it is. */
  isTakenOver?: boolean;
  /** How long it may go on; null: without limit. */
  remainingMs?: number | null;
  /** What has to be over before anything but the checkout is done. */
  cleared?: Promise<void>;
}
