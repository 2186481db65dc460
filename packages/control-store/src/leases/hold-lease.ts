import { OperatorError } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { StoreTransaction } from "../schema.ts";
import type { LeaseRef } from "./lease-ref.ts";

/**
 * Fences the caller's transaction: the row is locked first and the clock read after that, so the lease can neither be taken away
 * nor have run out before the transaction ends what it writes.
 *
 * @throws OperatorError `stale_lease`.
 */
export async function holdLease(tx: StoreTransaction, lease: Pick<LeaseRef, "slotId" | "leaseEpoch">): Promise<void> {
  const locked = await tx
    .selectFrom("slot_leases")
    .select("expires_at")
    .where("slot_id", "=", lease.slotId)
    .where("lease_epoch", "=", lease.leaseEpoch)
    .where("expires_at", "is not", null)
    .forShare()
    .executeTakeFirst();
  if (locked !== undefined) {
    const { rows } = await sql`select where ${locked.expires_at} > clock_timestamp()`.execute(tx);
    if (rows.length === 1) return;
  }
  throw new OperatorError("stale_lease", `Lease ${lease.leaseEpoch} of ${lease.slotId} is no longer held.`, {
    hint: "See who holds the slot with: oroboros slots list",
  });
}
