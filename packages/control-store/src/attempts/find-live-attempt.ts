import type { RunId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";
import { selectAttempts, type PublishAttempt } from "./attempt.ts";

/** The publish whose result the run's slot serves; undefined before the first one succeeded. */
export async function findLiveAttempt(store: Store, runId: RunId): Promise<PublishAttempt | undefined> {
  return selectAttempts(store)
    .where("run_id", "=", runId)
    .where("status", "=", "succeeded")
    .orderBy("attempt", "desc")
    .limit(1)
    .executeTakeFirst();
}
