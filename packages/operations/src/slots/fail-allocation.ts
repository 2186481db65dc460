import { endRun, holdsLease, lockRuns, type Lease } from "@oroboros/control-store";
import { isTerminal, OperatorError } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { failureCode } from "../publish/failure-code.ts";
import { wakeQueue } from "./wake-queue.ts";

/**
 * Ends a run whose slot could not be prepared for it, and frees the slot, in one transaction. Leaves both alone where somebody else
 * has taken the lease on by now. Never rejects: what can not be ended runs out with its lease.
 *
 * @returns what the caller is told of it.
 */
export async function failAllocation(context: Context, lease: Lease, error: unknown): Promise<unknown> {
  const { runId, slotId } = lease;
  try {
    if (!(await endOwn(context, lease, error))) return error;
    await wakeQueue(context);
    return told(lease, error);
  } catch (failure) {
    const fields = { err: failure, run_id: runId, slot_id: slotId };
    context.log.warn(fields, "a run whose slot was not prepared could not be ended");
    return error;
  }
}

function endOwn({ store }: Context, lease: Lease, error: unknown): Promise<boolean> {
  const { runId } = lease;
  const reasonCode = failureCode("database_reset", error);
  const message = `The slot's database could not be prepared: ${error instanceof Error ? error.message : String(error)}`;
  return store.transaction().execute(async (tx) => {
    const [run] = await lockRuns(tx, [runId]);
    if (run === undefined || isTerminal(run.status) || !(await holdsLease(tx, lease))) return false;
    await endRun(tx, { runId, to: "failed", reasonCode, message });
    return true;
  });
}

/** What the reset itself advises is of a slot that the run no longer has. */
function told({ runId }: Lease, error: unknown): unknown {
  if (!(error instanceof OperatorError)) return error;
  const hint = `Run ${runId} has ended with that and its slot is given back. Try it again with: oroboros runs retry ${runId}`;
  return new OperatorError(error.code, error.message, { hint, cause: error });
}
