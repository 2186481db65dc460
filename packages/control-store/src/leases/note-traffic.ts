import type { SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";

/** Notes when somebody last looked at what a slot shows. What came after a warning of eviction ends it. */
export async function noteTraffic(store: Store, slot: SlotId, at: Date): Promise<void> {
  await sql`
    update slot_leases
    set traffic_at = least(${at}::timestamptz, clock_timestamp()),
        eviction_warned_at = case when eviction_warned_at >= ${at}::timestamptz then eviction_warned_at end
    where slot_id = ${slot} and run_id is not null and coalesce(traffic_at, '-infinity') < ${at}::timestamptz`.execute(
    store,
  );
}
