import { appendEvent, appendEvents, recordArtifact, type Lease, type Store } from "@oroboros/control-store";
import { faultPoint } from "@oroboros/host";
import {
  artifactsPath,
  artifactUri,
  LEASE_TTL_SECONDS,
  OperatorError,
  PUBLISH_STEPS,
  type ArtifactType,
  type PublishStepName,
} from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { carryOut } from "./carry-out.ts";
import { describeFailure, timeLimitOf } from "./describe-failure.ts";
import { Abandoned, endsInTime } from "./ends-in-time.ts";
import type { InstalledPackages, LivePublish } from "./live-publish.ts";
import { presentLease } from "./present-lease.ts";
import { PublishFailure } from "./publish-failure.ts";
import type { PublishPlan, PublishReuse, PublishStep, PublishWork } from "./publish-plan.ts";
import { recordDiff } from "./record-diff.ts";
import { openStepLog } from "./step-log.ts";
import { stepTimeoutMs } from "./step-timeout.ts";
import { timeLimit } from "./time-limit.ts";

/** A publish at work: under which grant of the lease, as which of the run's publishes, and until when. */
export interface PublishTask {
  lease: Lease;
  attempt: number;
  signal: AbortSignal;
  /** Whether another worker was at it before: the evidence of that one stays what it is. */
  isTakenOver?: boolean;
  /** How long it may go on; null: without limit. */
  remainingMs?: number | null;
  /** What has to be over before anything but the checkout is done. */
  cleared?: Promise<void>;
}

/**
 * Carries out a plan, step by step: each presents the lease first, leaves its artifact whatever happens, and is an event.
 *
 * @returns what is in place now.
 * @throws PublishFailure naming the step that failed; OperatorError `stale_lease` once the lease is lost; Abandoned where a step
 *   that is told to end does not.
 */
export async function applyPublish(context: Context, task: PublishTask, plan: PublishPlan): Promise<LivePublish> {
  const { lease, attempt } = task;
  const diff = recordDiff(context, { runId: lease.runId, attempt }, plan.live.commitSha);
  try {
    return await applySteps(context, task, plan);
  } finally {
    await diff;
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

/** What is noted of a step that has ended. */
interface StepRecord {
  eventType: "step_finished" | "step_failed";
  artifactType: ArtifactType;
  uri: string;
  sizeBytes: number;
  detail: Record<string, unknown>;
}

async function recordStep(store: Store, { lease, attempt }: PublishTask, record: StepRecord): Promise<void> {
  const { runId } = lease;
  const { eventType, artifactType, uri, sizeBytes, detail } = record;
  await recordArtifact(store, { runId, artifactType, uri, sizeBytes, attempt });
  await appendEvent(store, { runId, eventType, detail });
}

/** Does a step and writes its evidence. One that fails is noted here, because nothing comes after it. */
async function loggedStep(
  context: Context,
  task: PublishTask,
  step: PublishWork,
): Promise<{ packages: InstalledPackages | undefined; record: StepRecord }> {
  const { lease, attempt } = task;
  const { runId } = lease;
  const artifactType = PUBLISH_STEPS[step.name];
  const file = evidenceFile(artifactType, task);
  const log = await openStepLog(`${artifactsPath(context.contract)}/${runId}/${file}`, context.clock.today);
  const uri = artifactUri(runId, file);
  const startedAt = context.clock.now();
  const end = async (eventType: StepRecord["eventType"], failure: object): Promise<StepRecord> => {
    const sizeBytes = await log.close();
    const ms = Math.round(context.clock.now() - startedAt);
    const detail = { step: step.name, attempt, ms, artifact_uri: uri, ...failure };
    return { eventType, artifactType, uri, sizeBytes, detail };
  };
  const limit = limitStep(context, task.signal, step);
  const { signal } = limit;
  try {
    const packages = await endsInTime(context, signal, carryOut({ context, lease, runId, log, signal }, step));
    return { packages, record: await end("step_finished", {}) };
  } catch (error) {
    const { code, message, hint } = describeFailure(error, signal);
    log.write({ event: "failed", code, message, hint });
    await recordStep(context.store, task, await end("step_failed", { code, message, hint }));
    if (error instanceof Abandoned) throw error;
    throw new PublishFailure(step.name, timeLimitOf(signal) ?? error);
  } finally {
    limit.stop();
  }
}

function limitStep(context: Context, parent: AbortSignal, step: PublishWork): ReturnType<typeof timeLimit> {
  const ms = stepTimeoutMs(step);
  const reason = (): Error =>
    new OperatorError("step_timed_out", `${step.name} did not end within ${ms / 1000} s.`, {
      hint: "Find in the step's log what it waits for.",
    });
  return timeLimit(context, { parent, ms, reason });
}

/**
 * The first publish's evidence has the plain name. A worker that took a publish over writes to files of its own: the one before may
 * still append to its.
 */
function evidenceFile(artifactType: string, { attempt, lease, isTakenOver = false }: PublishTask): string {
  const numbered = attempt === 1 ? artifactType : `${artifactType}-${attempt}`;
  const name = isTakenOver ? `${numbered}-epoch-${lease.leaseEpoch}` : numbered;
  return artifactType.endsWith("_report") ? `${name}.json` : `${name}.jsonl`;
}
