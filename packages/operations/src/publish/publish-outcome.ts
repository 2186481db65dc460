import type { Lease } from "@oroboros/control-store";
import type { FailureCode } from "@oroboros/slot-contract";

export type PublishOutcome =
  | { outcome: "published"; lease: Lease }
  | { outcome: "waiting"; queuePosition: number }
  | { outcome: "nothing_to_do" }
  | { outcome: "failed"; reasonCode: FailureCode }
  | { outcome: "lease_lost" }
  /** This worker was told to stop; another one goes on. */
  | { outcome: "let_go" }
  /** Something of it hangs; another worker goes on. */
  | { outcome: "abandoned" };
