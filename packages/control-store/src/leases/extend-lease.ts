import type { LeaseEpoch, RunId, SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";
import type { Lease } from "./lease-ref.ts";

/**
 * Lets a run keep its slot for so many hours more. Whoever asks for that has looked at it, so a warning that it is going to be
 * evicted is over. Undefined where the run holds no live lease.
 */
export async function extendLease(store: Store, runId: RunId, hours: number): Promise<Lease | undefined> {
  const { rows } = await sql<{ slot_id: SlotId; lease_epoch: LeaseEpoch; expires_at: Date }>`
    update slot_leases
    set expires_at = expires_at + make_interval(hours => ${hours}), traffic_at = clock_timestamp(), eviction_warned_at = null
    where run_id = ${runId} and expires_at > clock_timestamp()
    returning slot_id, lease_epoch, expires_at`.execute(store);
  const [row] = rows;
  if (row === undefined) return undefined;
  return { slotId: row.slot_id, runId, leaseEpoch: row.lease_epoch, expiresAt: row.expires_at };
}
