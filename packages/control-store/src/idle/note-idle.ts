import { sql } from "kysely";
import type { LeaseRef } from "../leases/lease-ref.ts";
import type { StoreTransaction } from "../schema.ts";

/** Notes that the slot now stands as an idle slot should. The caller's transaction holds the lease it was restored under. */
export async function noteIdle(
  tx: StoreTransaction,
  { slotId, leaseEpoch }: Pick<LeaseRef, "slotId" | "leaseEpoch">,
): Promise<void> {
  await tx
    .insertInto("idle_slots")
    .values({ slot_id: slotId, lease_epoch: leaseEpoch })
    .onConflict((conflict) =>
      conflict.column("slot_id").doUpdateSet({ lease_epoch: leaseEpoch, restored_at: sql<Date>`clock_timestamp()` }),
    )
    .execute();
}
