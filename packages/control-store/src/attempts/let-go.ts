import type { Store } from "../schema.ts";
import type { LeaseRef } from "../leases/lease-ref.ts";

/** The number of no worker: whoever is named by it is dead. */
const NOBODY = 0;

/** Tells other workers that this one no longer works under the lease, which the run keeps. */
export async function letGo(store: Store, lease: Pick<LeaseRef, "slotId" | "leaseEpoch">): Promise<void> {
  await store
    .updateTable("slot_leases")
    .set({ heartbeat_at: null })
    .where("slot_id", "=", lease.slotId)
    .where("lease_epoch", "=", lease.leaseEpoch)
    .execute();
}

/** Leaves the lease to whoever finds it as that of a worker that died: this one can not say what it has done under it. */
export async function abandonLease(store: Store, lease: Pick<LeaseRef, "slotId" | "leaseEpoch">): Promise<void> {
  await store
    .updateTable("slot_leases")
    .set({ worker_id: NOBODY })
    .where("slot_id", "=", lease.slotId)
    .where("lease_epoch", "=", lease.leaseEpoch)
    .execute();
}
