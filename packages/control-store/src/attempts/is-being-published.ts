import type { RunId } from "@oroboros/slot-contract";
import type { StoreTransaction } from "../schema.ts";

/** Whether a publish of the run is asked for or at work: what its preview shows is about to be replaced. */
export async function isBeingPublished(tx: StoreTransaction, runId: RunId): Promise<boolean> {
  const open = await tx
    .selectFrom("publish_attempts")
    .select("attempt")
    .where("run_id", "=", runId)
    .where("status", "in", ["requested", "running"])
    .executeTakeFirst();
  return open !== undefined;
}
