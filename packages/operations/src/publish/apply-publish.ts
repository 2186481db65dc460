import { appendEvent, appendEvents } from "@oroboros/control-store";
import { faultPoint } from "@oroboros/host";
import { LEASE_TTL_SECONDS, OperatorError, type PublishStepName } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import type { InstalledPackages, LivePublish } from "./live-publish.ts";
import { loggedStep } from "./logged-step.ts";
import { presentLease } from "./present-lease.ts";
import type { PublishPlan, PublishReuse, PublishStep } from "./publish-plan.ts";
import type { PublishTask } from "./publish-task.ts";
import { recordDiff } from "./record-diff.ts";
import { recordFindings } from "./record-findings.ts";
import { recordStep, type StepRecord } from "./record-step.ts";

/**
 * Carries out a plan, step by step: each presents the lease first, leaves its artifact whatever happens, and is an event.
 *
 * @returns what is in place now.
 * @throws PublishFailure naming the step that failed; OperatorError `stale_lease` once the lease is lost; Abandoned where a step
 *   that is told to end does not.
 */
export async function applyPublish(context: Context, task: PublishTask, plan: PublishPlan): Promise<LivePublish> {
  const { lease, attempt } = task;
  const { commitSha } = plan.live;
  const notes = [
    recordDiff(context, { runId: lease.runId, attempt }, commitSha),
    recordFindings(context, task, commitSha),
  ];
  try {
    return await applySteps(context, task, plan);
  } finally {
    await Promise.all(notes);
  }
}

async function applySteps(context: Context, task: PublishTask, plan: PublishPlan): Promise<LivePublish> {
  const installed = new Map<PublishStepName, InstalledPackages>();
  await recordReuse(context, task, plan.steps.filter(isReuse));
  let done: StepRecord | undefined;
  for (const step of plan.steps) {
    if (isReuse(step)) continue;
    if (step.name !== "checkout") await task.cleared;
    await passOn(context, task, { done, next: step.name });
    const { packages, record } = await loggedStep(context, task, step);
    if (packages !== undefined) installed.set(step.name, packages);
    done = record;
  }
  if (done !== undefined) await recordStep(context.store, task, done);
  const { live } = plan;
  return {
    ...live,
    frontend: { ...live.frontend, packages: installed.get("frontend_publish") ?? live.frontend.packages },
    backend: { ...live.backend, packages: installed.get("dependency_sync") ?? live.backend.packages },
  };
}

const isReuse = (step: PublishStep): step is PublishReuse => "reused" in step;

function recordReuse(
  { store }: Context,
  { lease, attempt }: PublishTask,
  steps: readonly PublishReuse[],
): Promise<void> {
  const events = steps.map(({ name, reused }) => ({ step: name, attempt, reused }));
  return appendEvents(
    store,
    events.map((detail) => ({ runId: lease.runId, eventType: "step_reused" as const, detail })),
  );
}

/** From one step to the next in one transaction: the lease is presented in it, and a flush to the disk is the dearest part. */
async function passOn(
  { store }: Context,
  task: PublishTask,
  { done, next }: { done: StepRecord | undefined; next: PublishStepName },
): Promise<void> {
  const { lease, attempt } = task;
  try {
    await store.transaction().execute(async (tx) => {
      if (done !== undefined) await recordStep(tx, task, done);
      await presentLease(tx, lease, LEASE_TTL_SECONDS);
      await appendEvent(tx, { runId: lease.runId, eventType: "step_started", detail: { step: next, attempt } });
      await faultPoint("publish.between_steps");
    });
  } catch (error) {
    // The step was done all the same.
    if (done !== undefined && isStale(error)) await recordStep(store, task, done);
    throw error;
  }
}

const isStale = (error: unknown): boolean => error instanceof OperatorError && error.code === "stale_lease";
