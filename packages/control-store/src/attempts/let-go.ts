import type { Store } from "../schema.ts";
import type { LeaseRef } from "../leases/lease-ref.ts";

/** Tells other workers that this one no longer works under the lease, which the run keeps. */
export async function letGo(store: Store, lease: Pick<LeaseRef, "slotId" | "leaseEpoch">): Promise<void> {
  await store
    .updateTable("slot_leases")
    .set({ heartbeat_at: null })
    .where("slot_id", "=", lease.slotId)
    .where("lease_epoch", "=", lease.leaseEpoch)
    .execute();
}
