import type { RunId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";

/** The queued runs that free slots are waiting for: as many as there are, oldest first. */
export async function nextQueuedRuns(store: Store): Promise<RunId[]> {
  const { rows } = await sql<{ run_id: RunId }>`
    select run_id from runs where status = 'queued' order by arrival
    limit (select count(*) from slot_leases where expires_at is null)`.execute(store);
  return rows.map((row) => row.run_id);
}
