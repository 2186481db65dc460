import type { RunId, RunState } from "@oroboros/slot-contract";
import type { StoreTransaction } from "../schema.ts";

/**
 * Locks runs, in one order for everybody, and says how far they are. A run's row is locked before its slot's, everywhere; and
 * `for no key update`, which does not wait for whoever only writes an event of the run.
 */
export async function lockRuns(
  tx: StoreTransaction,
  runIds: readonly RunId[],
  { skipLocked = false }: { skipLocked?: boolean } = {},
): Promise<{ runId: RunId; status: RunState }[]> {
  if (runIds.length === 0) return [];
  const locking = tx
    .selectFrom("runs")
    .select(["run_id as runId", "status"])
    .where("run_id", "in", [...runIds])
    .orderBy("run_id")
    .forNoKeyUpdate();
  return (skipLocked ? locking.skipLocked() : locking).execute();
}
