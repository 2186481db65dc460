import type { RunId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";
import { selectRuns, type Run } from "./run.ts";

export async function findRun(store: Store, runId: RunId): Promise<Run | undefined> {
  return selectRuns(store).where("run_id", "=", runId).executeTakeFirst();
}
