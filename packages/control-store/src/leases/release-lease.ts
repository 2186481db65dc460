import { sql } from "kysely";
import type { Store } from "../schema.ts";
import type { LeaseRef } from "./lease-ref.ts";

/** Frees a slot, once. False where this grant no longer holds it. */
export async function releaseLease(store: Store, lease: Pick<LeaseRef, "slotId" | "leaseEpoch">): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update slot_leases set run_id = null, expires_at = null
    where slot_id = ${lease.slotId} and lease_epoch = ${lease.leaseEpoch} and expires_at is not null`.execute(store);
  return numAffectedRows === 1n;
}
