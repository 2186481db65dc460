import type { LeaseEpoch, SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";
import { grantInTurn } from "./grant-in-turn.ts";
import { freeSlots, isGrantable, isReserved, queuedForFree } from "./grantable.ts";
import type { LeaseRef } from "./lease-ref.ts";

/**
 * Takes one named slot for an operation that belongs to no run. Undefined where the slot is not free.
 *
 * @param options.quarantined takes a slot that is to be cleaned, and no other.
 * @param options.workerId the worker that holds it: once that is dead, so is the lease.
 * @param options.unlessQueued leaves the slot alone where the queued runs need every free one: for work that can wait.
 */
export async function acquireMaintenanceLease(
  store: Store,
  slot: SlotId,
  ttlSeconds: number,
  options: { quarantined?: boolean; unlessQueued?: boolean; workerId?: number | null } = {},
): Promise<LeaseRef | undefined> {
  const { quarantined = false, unlessQueued = false, workerId = null } = options;
  const isOurs = quarantined ? sql`(expires_at is null and quarantined_at is not null)` : isGrantable;
  return grantInTurn(store, async (tx) => {
    const { rows } = await sql<{ lease_epoch: LeaseEpoch }>`
      update slot_leases
      set lease_epoch = lease_epoch + 1, heartbeat_at = clock_timestamp(), worker_id = ${workerId}::int,
          expires_at = clock_timestamp() + make_interval(secs => ${ttlSeconds})
      where slot_id = ${slot} and ${isOurs}
        and (${!unlessQueued} or (not ${isReserved} and ${queuedForFree()} < ${freeSlots}))
      returning lease_epoch`.execute(tx);
    const [row] = rows;
    return row === undefined ? undefined : { slotId: slot, runId: null, leaseEpoch: row.lease_epoch };
  });
}
