import { OperatorError, type RunId } from "@oroboros/slot-contract";

export const runNotFound = (runId: RunId): OperatorError =>
  new OperatorError("run_not_found", `There is no run ${runId}.`, { hint: "List the runs with: oroboros runs list" });

/** Its lease has run out; the next sweep expires it. */
export const outOfTime = (runId: RunId): OperatorError =>
  new OperatorError("stale_lease", `The time of run ${runId} is over, and its slot is being taken away.`, {
    hint: `Publish its commit again with: oroboros runs resume ${runId}`,
  });

export const notQueued = (runId: RunId, status: string): OperatorError =>
  new OperatorError("invalid_transition", `Run ${runId} is ${status}; only a queued run can be given a slot.`, {
    hint: `See it with: oroboros runs show ${runId}`,
  });
