import type { RunId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";

/** Ends the publishes of a run that has ended: one that waits is not begun, one at work is no longer counted. */
export async function cancelOpenAttempts(store: Store, runId: RunId): Promise<void> {
  await store
    .updateTable("publish_attempts")
    .set({ status: "canceled", finished_at: sql<Date>`clock_timestamp()` })
    .where("run_id", "=", runId)
    .where("status", "in", ["requested", "running"])
    .execute();
}
