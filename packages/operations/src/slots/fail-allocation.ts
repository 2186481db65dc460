import { endRun, holdsLease, lockRuns, type Lease } from "@oroboros/control-store";
import { isTerminal } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { failureCode } from "../publish/failure-code.ts";
import { wakeQueue } from "./wake-queue.ts";

/**
 * Ends a run whose slot could not be prepared for it, and frees the slot, in one transaction. Leaves both alone where somebody else
 * has taken the lease on by now. Never rejects: what can not be ended runs out with its lease.
 */
export async function failAllocation(context: Context, lease: Lease, error: unknown): Promise<void> {
  const { runId, slotId } = lease;
  const reasonCode = failureCode("database_reset", error);
  const message = `The slot's database could not be prepared: ${error instanceof Error ? error.message : String(error)}`;
  try {
    await context.store.transaction().execute(async (tx) => {
      const [run] = await lockRuns(tx, [runId]);
      if (run === undefined || isTerminal(run.status) || !(await holdsLease(tx, lease))) return;
      await endRun(tx, { runId, to: "failed", reasonCode, message });
    });
    await wakeQueue(context);
  } catch (failure) {
    context.log.warn(
      { err: failure, run_id: runId, slot_id: slotId },
      "a run whose slot was not prepared could not be ended",
    );
  }
}
