import { findRun, finishAttempt, forgetIdle, releaseLease, transitionRun } from "@oroboros/control-store";
import { faultPoint } from "@oroboros/host";
import { canTransition, isTerminal, REVIEW_TTL_SECONDS, type SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { warmSpare } from "../database/warm-spare.ts";
import { clearSlot } from "../slots/clear-slot.ts";
import { wakeQueue } from "../slots/wake-queue.ts";
import { applyPublish, type PublishTask } from "./apply-publish.ts";
import { endIfNotOurs, failureOf } from "./end-publish.ts";
import type { LivePublish } from "./live-publish.ts";
import type { SourceFacts } from "./observe-source.ts";
import { planPublish } from "./plan-publish.ts";
import { presentLease } from "./present-lease.ts";
import type { PublishOutcome } from "./publish-outcome.ts";
import { watchLease } from "./watch-lease.ts";

/** A run's first publish: it ends with a run that waits for a person, or with a failed one and a free slot. */
export async function publishFirst(
  context: Context,
  task: PublishTask,
  readSource: () => Promise<SourceFacts>,
): Promise<PublishOutcome> {
  const { lease } = task;
  const { slotId: slot, runId } = lease;
  const watch = watchLease(context, lease, task.signal);
  let source: SourceFacts;
  try {
    source = await readSource();
    await takeSlot(context, slot);
    await faultPoint("publish.after_take_slot");
    await beginTesting(context, task);
    const plan = planPublish(context.contract, { slot, runId, attempt: task.attempt }, source);
    const live = await applyPublish(context, { ...task, signal: watch.signal }, plan);
    await awaitApproval(context, task, live);
    await faultPoint("publish.after_approval");
  } catch (error) {
    return (await endIfNotOurs(context, task)) ?? (await giveBack(context, task, error));
  } finally {
    watch.stop();
  }
  await warmSpare(context, slot, source.base);
  return { outcome: "published", lease };
}

/** An idle slot holds nothing of any run but its backend, which ends while the commit is checked out. */
async function takeSlot(context: Context, slot: SlotId): Promise<void> {
  if (!(await forgetIdle(context.store, slot))) return clearSlot(context, slot);
  void context.processes.backend(slot, "stop").catch((error: unknown) => {
    context.log.warn({ err: error, slot_id: slot }, "the idle backend could not be told to end; the run's own ends it");
  });
}

/** A publish that was taken over from another worker is there already. */
async function beginTesting({ store }: Context, { lease: { runId } }: PublishTask): Promise<void> {
  await store.transaction().execute(async (tx) => {
    const run = await findRun(tx, runId);
    if (run !== undefined && canTransition(run.status, "testing")) await transitionRun(tx, { runId, to: "testing" });
  });
}

/** The run waits for a person and its slot with it, or, where the lease was lost by now, neither. */
async function awaitApproval({ store }: Context, { lease, attempt }: PublishTask, live: LivePublish): Promise<void> {
  const { runId } = lease;
  await store.transaction().execute(async (tx) => {
    await transitionRun(tx, { runId, to: "preview_ready" });
    await presentLease(tx, lease, REVIEW_TTL_SECONDS);
    await finishAttempt(tx, { lease, attempt, end: { status: "succeeded", live: { ...live } } });
    await transitionRun(tx, { runId, to: "needs_approval" });
    await faultPoint("publish.before_approval");
  });
}

/** Ends a failed first publish: the slot is emptied while the lease still fences it, then run and lease end together. */
async function giveBack(context: Context, { lease, attempt }: PublishTask, error: unknown): Promise<PublishOutcome> {
  const { runId } = lease;
  const { reasonCode, message, cause } = failureOf(error);
  context.log.warn({ err: cause, run_id: runId, slot_id: lease.slotId, reason_code: reasonCode }, "the publish failed");
  await faultPoint("give_back.before_clear");
  await clearSlot(context, lease.slotId);
  await faultPoint("give_back.after_clear");
  await context.store.transaction().execute(async (tx) => {
    await finishAttempt(tx, { lease, attempt, end: { status: "failed", reasonCode, message } });
    const run = await findRun(tx, runId);
    if (run !== undefined && !isTerminal(run.status)) {
      await transitionRun(tx, { runId, to: "failed", reasonCode, message });
    }
    await releaseLease(tx, lease);
    await faultPoint("give_back.before_commit");
  });
  await faultPoint("give_back.after_commit");
  await wakeQueue(context);
  return { outcome: "failed", reasonCode };
}
