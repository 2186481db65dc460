import type { LeaseEpoch, RunId, SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";
import { isGrantable, isReserved } from "./grantable.ts";
import type { Lease } from "./lease-ref.ts";

/**
 * Gives a run a free slot, or again the one it holds, in one statement: the row lock decides who gets it, the database's clock
 * how long, and every new grant has an epoch of its own. A slot that is reserved for the run goes before the others. Undefined where
 * no slot is free, and for a run whose lease ran out until that is reaped.
 */
export async function acquireLease(
  store: Store,
  request: { runId: RunId; ttlSeconds: number; workerId?: number | null | undefined },
): Promise<Lease | undefined> {
  const { runId, ttlSeconds, workerId = null } = request;
  const { rows } = await sql<{ slot_id: SlotId; lease_epoch: LeaseEpoch; expires_at: Date }>`
    with held as (
      select slot_id, lease_epoch, worker_id from slot_leases where run_id = ${runId} and expires_at > clock_timestamp()
      for update
    ), free as (
      select slot_id, lease_epoch + 1 as lease_epoch, null::int as worker_id from slot_leases
      where ${isGrantable} and (reserved_run_id = ${runId} or not ${isReserved})
        and not exists (select from slot_leases where run_id = ${runId})
      order by reserved_run_id is not distinct from ${runId} desc, slot_number limit 1 for update skip locked
    ), granted as (select * from held union all select * from free)
    update slot_leases
    set run_id = ${runId}, lease_epoch = granted.lease_epoch, heartbeat_at = clock_timestamp(), reserved_run_id = null,
        worker_id = coalesce(${workerId}::int, granted.worker_id),
        expires_at = greatest(expires_at, clock_timestamp() + make_interval(secs => ${ttlSeconds}))
    from granted where slot_leases.slot_id = granted.slot_id
    returning slot_leases.slot_id, slot_leases.lease_epoch, slot_leases.expires_at`.execute(store);
  const [row] = rows;
  if (row === undefined) return undefined;
  return { slotId: row.slot_id, runId, leaseEpoch: row.lease_epoch, expiresAt: row.expires_at };
}
