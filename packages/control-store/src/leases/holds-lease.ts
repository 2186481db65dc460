import { sql } from "kysely";
import type { Store } from "../schema.ts";
import type { LeaseRef } from "./lease-ref.ts";

/** Whether this grant is still obeyed, at the moment of asking: it fences nothing, and costs no write. */
export async function holdsLease(store: Store, lease: Pick<LeaseRef, "slotId" | "leaseEpoch">): Promise<boolean> {
  const { rows } = await sql`
    select from slot_leases
    where slot_id = ${lease.slotId} and lease_epoch = ${lease.leaseEpoch} and expires_at > clock_timestamp()`.execute(
    store,
  );
  return rows.length === 1;
}
