import { CompiledQuery } from "kysely";
import type { PreparedStatement } from "../prepared-pool.ts";
import type { Store } from "../schema.ts";
import type { LeaseRef } from "./lease-ref.ts";

/** The heartbeat of every slot that is held, so it is prepared: half of what it would cost is being parsed and planned. */
export const RENEW_LEASE: PreparedStatement = {
  name: "renew_lease",
  text: `
    update slot_leases
    set heartbeat_at = clock_timestamp(),
        expires_at = greatest(expires_at, clock_timestamp() + make_interval(secs => $1))
    where slot_id = $2 and lease_epoch = $3 and expires_at > clock_timestamp()`,
};

/** Extends a live lease; never shortens it. False where it was lost: another epoch, released, or expired even if not yet reaped. */
export async function renewLease(
  store: Store,
  lease: Pick<LeaseRef, "slotId" | "leaseEpoch">,
  ttlSeconds: number,
): Promise<boolean> {
  const { numAffectedRows } = await store.executeQuery(
    CompiledQuery.raw(RENEW_LEASE.text, [ttlSeconds, lease.slotId, lease.leaseEpoch]),
  );
  return numAffectedRows === 1n;
}
