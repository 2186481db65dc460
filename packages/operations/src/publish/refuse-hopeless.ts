import { listEvents, type BegunAttempt } from "@oroboros/control-store";
import { OperatorError, type RunId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";

/** As often a publish is begun again after its worker died. */
const MAX_WORKER_DEATHS = 5;
/** Among which the newest step is. */
const EVENTS = 100;

/**
 * Ends a publish that was taken over and is not to be begun once more: its time is over, or workers keep dying at it.
 *
 * @throws OperatorError `step_timed_out`, `interrupted`.
 */
export async function refuseHopeless(
  context: Pick<Context, "store" | "runTimeoutSeconds">,
  { attempt, remainingMs }: Pick<BegunAttempt, "attempt" | "remainingMs">,
): Promise<void> {
  if (remainingMs !== null && remainingMs <= 0) throw outOfTime(context);
  const { workerDeaths: deaths, runId } = attempt;
  if (deaths < MAX_WORKER_DEATHS) return;
  const step = await lastStep(context, runId);
  throw new OperatorError("interrupted", `The worker died ${deaths} times in this publish, last ${step}.`, {
    hint: "Look into the worker's log for what it died of, correct that, and publish again.",
  });
}

/** What a publish ends with that was not over in its time. */
export const outOfTime = ({ runTimeoutSeconds }: Pick<Context, "runTimeoutSeconds">): OperatorError =>
  new OperatorError("step_timed_out", `The publish did not end within ${runTimeoutSeconds} s.`, {
    hint: "Find in the last step's log what it waits for, or allow more with WORKER_RUN_TIMEOUT_SECONDS in worker.env.",
  });

async function lastStep({ store }: Pick<Context, "store">, runId: RunId): Promise<string> {
  const events = await listEvents(store, { runId, sinceId: "0", limit: EVENTS, order: "desc" });
  const last = events.find(({ eventType }) => eventType === "step_started");
  return last === undefined ? "before its first step" : `in ${String(last.detail["step"])}`;
}
