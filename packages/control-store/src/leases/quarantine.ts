import { OperatorError, type SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store, StoreTransaction } from "../schema.ts";
import type { LeaseRef } from "./lease-ref.ts";

/** Asks for a free slot to be cleaned; nobody is given it until then. False where somebody holds it. */
export async function quarantine(store: Store, slot: SlotId): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update slot_leases set quarantined_at = coalesce(quarantined_at, clock_timestamp())
    where slot_id = ${slot} and expires_at is null`.execute(store);
  return numAffectedRows === 1n;
}

/**
 * Ends a slot's quarantine under the lease that it was cleaned with, and writes that down. The caller releases the lease in the
 * same transaction.
 *
 * @throws OperatorError `stale_lease`.
 */
export async function endQuarantine(
  tx: StoreTransaction,
  { slotId, leaseEpoch }: Pick<LeaseRef, "slotId" | "leaseEpoch">,
): Promise<void> {
  const { rows } = await sql<{ since: Date }>`
    with before as (select quarantined_at from slot_leases where slot_id = ${slotId} for update)
    update slot_leases set quarantined_at = null from before
    where slot_id = ${slotId} and lease_epoch = ${leaseEpoch} and expires_at > clock_timestamp()
    returning before.quarantined_at as since`.execute(tx);
  const [row] = rows;
  if (row === undefined) {
    throw new OperatorError("stale_lease", `Lease ${leaseEpoch} of ${slotId} was lost before the slot was clean.`, {
      hint: "See who holds the slot with: oroboros slots list",
    });
  }
  const detail = JSON.stringify({ slot_id: slotId, lease_epoch: leaseEpoch, quarantined_at: row.since });
  await tx.insertInto("audit_log").values({ action: "slot_cleaned", slot_id: slotId, run_id: null, detail }).execute();
}
