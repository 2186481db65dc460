import type { RunId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { freeSlots, hasOwnSlot, isGrantable } from "../leases/grantable.ts";
import type { Store } from "../schema.ts";

/** The queued runs that slots are waiting for: those with one reserved, and as many others as there are free ones, oldest first. */
export async function nextQueuedRuns(store: Store): Promise<RunId[]> {
  const { rows } = await sql<{ run_id: RunId }>`
    with own as (
      select run_id, arrival from runs
      where status = 'queued' and run_id in (select reserved_run_id from slot_leases where ${isGrantable})
    ), others as (
      select run_id, arrival from runs
      where status = 'queued' and not ${hasOwnSlot(sql`runs.run_id`)}
      order by arrival limit ${freeSlots}
    )
    select run_id from (select * from own union all select * from others) next order by arrival`.execute(store);
  return rows.map((row) => row.run_id);
}
