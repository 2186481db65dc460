import { sql } from "kysely";
import type { Store } from "../schema.ts";
import type { LeaseRef } from "./lease-ref.ts";

/** Extends a live lease; never shortens it. False where it was lost: another epoch, released, or expired even if not yet reaped. */
export async function renewLease(
  store: Store,
  lease: Pick<LeaseRef, "slotId" | "leaseEpoch">,
  ttlSeconds: number,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update slot_leases
    set heartbeat_at = clock_timestamp(),
        expires_at = greatest(expires_at, clock_timestamp() + make_interval(secs => ${ttlSeconds}))
    where slot_id = ${lease.slotId} and lease_epoch = ${lease.leaseEpoch} and expires_at > clock_timestamp()`.execute(
    store,
  );
  return numAffectedRows === 1n;
}
