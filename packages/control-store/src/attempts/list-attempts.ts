import type { RunId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";
import { selectAttempts, type PublishAttempt } from "./attempt.ts";

/** A run's publishes, first to last. */
export async function listAttempts(store: Store, runId: RunId): Promise<PublishAttempt[]> {
  return selectAttempts(store).where("run_id", "=", runId).orderBy("attempt").execute();
}
