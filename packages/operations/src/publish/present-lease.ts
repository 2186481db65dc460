import { renewLease, type Lease, type Store } from "@oroboros/control-store";
import { OperatorError } from "@oroboros/slot-contract";

/** Renews the lease that a publish works under. @throws OperatorError `stale_lease` once it is lost. */
export async function presentLease(store: Store, lease: Lease, ttlSeconds: number): Promise<void> {
  if (await renewLease(store, lease, ttlSeconds)) return;
  throw new OperatorError("stale_lease", `Run ${lease.runId} no longer holds ${lease.slotId}.`, {
    hint: `See what happened to it with: oroboros runs show ${lease.runId}`,
  });
}
