import { findRun, lockRuns, type Run, type Store, type StoreTransaction } from "@oroboros/control-store";
import { includesRole, OperatorError, type RunId } from "@oroboros/slot-contract";
import type { Principal } from "./acting.ts";
import { runNotFound } from "./parse-request.ts";

/**
 * An agent acts on the run that it asked for itself, by name; every other run is an operator's.
 *
 * @throws OperatorError `role_required`.
 */
export async function requireOwnRun(store: Store, { role, name, label }: Principal, runId?: RunId): Promise<void> {
  if (includesRole(role, "operator")) return;
  const run = runId === undefined ? undefined : await findRun(store, runId);
  if (run?.principal === name) return;
  const problem = runId === undefined ? "names no run" : `is about run ${runId}, which it did not create`;
  throw new OperatorError("role_required", `The request of "${label}", who is ${role}, ${problem}.`, {
    hint: "Name a run of your own, or use an operator's token.",
  });
}

/**
 * Holds a run still that this principal may change.
 *
 * @throws OperatorError `run_not_found`, `role_required`.
 */
export async function lockOwnRun(
  tx: StoreTransaction,
  principal: Principal,
  runId: RunId,
): Promise<Pick<Run, "runId" | "status">> {
  const [locked] = await lockRuns(tx, [runId]);
  if (locked === undefined) throw runNotFound(runId);
  await requireOwnRun(tx, principal, runId);
  return locked;
}
