import { sql, type RawBuilder } from "kysely";
import type { Store } from "../schema.ts";
import type { LeaseRef } from "./lease-ref.ts";

/**
 * Frees a slot, once. Whoever held it may still be at work in it and has left something there, so it goes into quarantine: no run is
 * given it before it was cleaned. False where this grant no longer holds it.
 *
 * @param options.clean the caller has emptied the slot while it still held the lease, or has put nothing into it.
 */
export async function releaseLease(
  store: Store,
  lease: Pick<LeaseRef, "slotId" | "leaseEpoch">,
  { clean = false }: { clean?: boolean } = {},
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update slot_leases set ${freed(clean)}
    where slot_id = ${lease.slotId} and lease_epoch = ${lease.leaseEpoch} and expires_at is not null`.execute(store);
  return numAffectedRows === 1n;
}

/** What an update of `slot_leases` sets when it takes a lease away. One that was in quarantine stays there either way. */
export const freed = (clean: boolean): RawBuilder<unknown> => sql`
  run_id = null, expires_at = null, worker_id = null, traffic_at = null, eviction_warned_at = null, agent_heartbeat_at = null,
  quarantined_at = ${clean ? sql`slot_leases.quarantined_at` : sql`coalesce(slot_leases.quarantined_at, clock_timestamp())`}`;
