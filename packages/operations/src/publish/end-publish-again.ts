import { appendEvent, finishAttempt, moveToCommit } from "@oroboros/control-store";
import { faultPoint } from "@oroboros/host";
import { OperatorError, REVIEW_TTL_SECONDS } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { failureOf } from "./end-publish.ts";
import type { LivePublish } from "./live-publish.ts";
import { presentLease } from "./present-lease.ts";
import type { PublishOutcome } from "./publish-outcome.ts";
import type { PublishTask } from "./publish-task.ts";
import { revertPublish } from "./revert-publish.ts";

const REVERT_TRIES = 5;
const REVERT_PAUSE_MS = 500;

/** What was published is what the run is at, and waits for a person. */
export async function recordSuccess(
  context: Context,
  { lease, attempt }: PublishTask,
  live: LivePublish,
): Promise<void> {
  const { runId } = lease;
  await context.store.transaction().execute(async (tx) => {
    // The run's row is locked before its slot's, everywhere.
    await moveToCommit(tx, runId, live.commitSha);
    await presentLease(tx, lease, REVIEW_TTL_SECONDS);
    await finishAttempt(tx, { lease, attempt, end: { status: "succeeded", live: { ...live } } });
    const detail = { attempt, commit_sha: live.commitSha };
    await appendEvent(tx, { runId, eventType: "publish_succeeded", detail });
    await faultPoint("republish.before_success");
  });
}

/** What failed for no reason of the preview's own, as when the database restarts, is done again: nobody comes after this. */
async function putBack(context: Context, task: PublishTask, live: LivePublish): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await revertPublish(context, task, live);
    } catch (error) {
      if (error instanceof OperatorError || tried === REVERT_TRIES) throw error;
      context.log.warn({ err: error, run_id: task.lease.runId }, "the previous preview is put back once more");
      await context.clock.sleep(REVERT_PAUSE_MS, AbortSignal.timeout(REVERT_PAUSE_MS));
    }
  }
}

/** What was live before is live again; the run keeps its state, and the attempt says why. */
export async function recordFailure(
  context: Context,
  task: PublishTask,
  live: LivePublish,
  error: unknown,
): Promise<PublishOutcome> {
  const { lease, attempt } = task;
  const { runId, slotId } = lease;
  const { reasonCode, message, cause } = failureOf(error);
  context.log.warn(
    { err: cause, run_id: runId, slot_id: slotId, attempt, reason_code: reasonCode },
    "the publish failed",
  );
  const reverted = await putBack(context, task, live).catch((reason: unknown) => {
    context.log.error({ err: reason, run_id: runId, slot_id: slotId }, "the previous preview could not be put back");
    return `\nThe previous preview could not be put back: ${reason instanceof Error ? reason.message : String(reason)}`;
  });
  const said = message + (reverted ?? "");
  const isOurs = await context.store.transaction().execute(async (tx) => {
    const end = { status: "failed", reasonCode, message: said } as const;
    if (!(await finishAttempt(tx, { lease, attempt, end }))) return false;
    const detail = { attempt, reason_code: reasonCode, message: said };
    await appendEvent(tx, { runId, eventType: "publish_failed", detail });
    return true;
  });
  return isOurs ? { outcome: "failed", reasonCode } : { outcome: "lease_lost" };
}
