import {
  appendEvent,
  finishAttempt,
  forgetIdle,
  lockRuns,
  releaseLease,
  transitionRun,
  type Lease,
} from "@oroboros/control-store";
import { faultPoint } from "@oroboros/host";
import { canTransition, isTerminal, REVIEW_TTL_SECONDS } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { warmSpare } from "../database/warm-spare.ts";
import { clearSlot } from "../slots/clear-slot.ts";
import { wakeQueue } from "../slots/wake-queue.ts";
import { applyPublish } from "./apply-publish.ts";
import { endPublish, failureOf, reasonOf } from "./end-publish.ts";
import { endsInTime } from "./ends-in-time.ts";
import type { LivePublish } from "./live-publish.ts";
import type { SourceFacts } from "./observe-source.ts";
import { planPublish } from "./plan-publish.ts";
import { presentLease } from "./present-lease.ts";
import type { PublishOutcome } from "./publish-outcome.ts";
import type { PublishTask } from "./publish-task.ts";
import { watchLease } from "./watch-lease.ts";

/** A run's first publish: it ends with a run that waits for a person, or with a failed one and a free slot. */
export async function publishFirst(
  context: Context,
  task: PublishTask,
  readSource: () => Promise<SourceFacts>,
): Promise<PublishOutcome> {
  const { lease } = task;
  const watch = watchLease(context, lease, task.signal, task.remainingMs);
  const { signal } = watch;
  let source: SourceFacts;
  try {
    source = await endsInTime(context, signal, makeLive(context, { ...task, signal }, readSource));
  } catch (error) {
    return await endPublish(context, task, error, () => giveBack(context, task, reasonOf(error, signal)));
  } finally {
    watch.stop();
  }
  await warmSpare(context, lease.slotId, source.base);
  return { outcome: "published", lease };
}

async function makeLive(
  context: Context,
  task: PublishTask,
  readSource: () => Promise<SourceFacts>,
): Promise<SourceFacts> {
  const { slotId: slot, runId } = task.lease;
  const source = await readSource();
  await takeSlot(context, task);
  await faultPoint("publish.after_take_slot");
  await beginTesting(context, task);
  const plan = planPublish(context.contract, { slot, runId, attempt: task.attempt }, source);
  const live = await applyPublish(context, task, plan);
  await awaitApproval(context, task, live);
  await faultPoint("publish.after_approval");
  return source;
}

/**
 * No run is given a slot that is not clean, so it only has to be emptied of what a worker before has begun. An idle slot holds nothing
 * of any run but its backend, which ends while the commit is checked out.
 */
async function takeSlot(context: Context, { lease, isTakenOver = false }: PublishTask): Promise<void> {
  const { slotId: slot, leaseEpoch } = lease;
  if (isTakenOver) return clearSlot(context, lease);
  if (!(await forgetIdle(context.store, slot))) return;
  void context.processes.backend(slot, "stop", { leaseEpoch }).catch((error: unknown) => {
    context.log.warn({ err: error, slot_id: slot }, "the idle backend could not be told to end; the run's own ends it");
  });
}

/** A publish that was taken over from another worker is there already, and so may be an agent who says so at this moment. */
async function beginTesting({ store }: Context, { lease: { runId } }: PublishTask): Promise<void> {
  await store.transaction().execute(async (tx) => {
    const [run] = await lockRuns(tx, [runId]);
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
  const clean = await isEmptied(context, lease);
  const isOurs = await context.store.transaction().execute(async (tx) => {
    const [run] = await lockRuns(tx, [runId]);
    const isLast = await finishAttempt(tx, { lease, attempt, end: { status: "failed", reasonCode, message } });
    if (!isLast) return false;
    if (run !== undefined && !isTerminal(run.status)) {
      await transitionRun(tx, { runId, to: "failed", reasonCode, message });
    }
    const { slotId, leaseEpoch } = lease;
    if (await releaseLease(tx, lease, { clean })) {
      await appendEvent(tx, {
        runId,
        eventType: "lease_released",
        detail: { slot_id: slotId, lease_epoch: leaseEpoch },
      });
    }
    await faultPoint("give_back.before_commit");
    return true;
  });
  if (!isOurs) return { outcome: "lease_lost" };
  await faultPoint("give_back.after_commit");
  await wakeQueue(context);
  return { outcome: "failed", reasonCode };
}

/** A slot that can not be emptied now goes into quarantine, and is cleaned before anybody is given it. */
async function isEmptied(context: Context, lease: Lease): Promise<boolean> {
  try {
    await faultPoint("give_back.before_clear");
    await clearSlot(context, lease);
    await faultPoint("give_back.after_clear");
    return true;
  } catch (error) {
    context.log.warn({ err: error, run_id: lease.runId, slot_id: lease.slotId }, "the slot could not be emptied");
    return false;
  }
}
