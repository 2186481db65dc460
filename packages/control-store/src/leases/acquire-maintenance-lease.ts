import type { LeaseEpoch, SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";
import type { LeaseRef } from "./lease-ref.ts";

/** Takes one named slot for an operation that belongs to no run. Undefined where the slot is not free. */
export async function acquireMaintenanceLease(
  store: Store,
  slot: SlotId,
  ttlSeconds: number,
): Promise<LeaseRef | undefined> {
  const { rows } = await sql<{ lease_epoch: LeaseEpoch }>`
    update slot_leases
    set lease_epoch = lease_epoch + 1, heartbeat_at = clock_timestamp(),
        expires_at = clock_timestamp() + make_interval(secs => ${ttlSeconds})
    where slot_id = ${slot} and expires_at is null
    returning lease_epoch`.execute(store);
  const [row] = rows;
  return row === undefined ? undefined : { slotId: slot, runId: null, leaseEpoch: row.lease_epoch };
}
