import type { LeaseEpoch, RunId, SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";
import type { Lease } from "./lease-ref.ts";

/**
 * Gives a run a free slot, or again the one it holds, in one statement: the row lock decides who gets it, the database's clock
 * how long, and every new grant has an epoch of its own. Undefined where no slot is free, and for a run whose lease ran out
 * until that is reaped.
 */
export async function acquireLease(
  store: Store,
  request: { runId: RunId; ttlSeconds: number; workerId?: number | null },
): Promise<Lease | undefined> {
  const { rows } = await sql<{ slot_id: SlotId; lease_epoch: LeaseEpoch; expires_at: Date }>`
    with held as (
      select slot_id, lease_epoch, worker_id from slot_leases where run_id = ${request.runId} and expires_at > clock_timestamp()
      for update
    ), free as (
      select slot_id, lease_epoch + 1 as lease_epoch, null::int as worker_id from slot_leases
      where expires_at is null and not exists (select from slot_leases where run_id = ${request.runId})
      order by slot_number limit 1 for update skip locked
    ), granted as (select * from held union all select * from free)
    update slot_leases
    set run_id = ${request.runId}, lease_epoch = granted.lease_epoch, heartbeat_at = clock_timestamp(),
        worker_id = coalesce(${request.workerId ?? null}::int, granted.worker_id),
        expires_at = greatest(expires_at, clock_timestamp() + make_interval(secs => ${request.ttlSeconds}))
    from granted where slot_leases.slot_id = granted.slot_id
    returning slot_leases.slot_id, slot_leases.lease_epoch, slot_leases.expires_at`.execute(store);
  const [row] = rows;
  if (row === undefined) return undefined;
  return { slotId: row.slot_id, runId: request.runId, leaseEpoch: row.lease_epoch, expiresAt: row.expires_at };
}
