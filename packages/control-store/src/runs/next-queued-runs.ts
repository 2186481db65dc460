import type { RunId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { freeSlots, hasOwnSlot } from "../leases/grantable.ts";
import type { Store } from "../schema.ts";

/** The queued runs that slots are waiting for: those with one reserved, and as many others as there are free ones, oldest first. */
export async function nextQueuedRuns(store: Store): Promise<RunId[]> {
  const { rows } = await sql<{ run_id: RunId }>`
    with queued as (
      select run_id, arrival, ${hasOwnSlot(sql`runs.run_id`)} as has_own from runs where status = 'queued'
    ), placed as (
      select *, count(*) filter (where not has_own) over (order by arrival) as place from queued
    )
    select run_id from placed where has_own or place <= ${freeSlots} order by arrival`.execute(store);
  return rows.map((row) => row.run_id);
}
