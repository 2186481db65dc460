import { appendEvent, appendEvents, recordArtifact, type Lease } from "@oroboros/control-store";
import {
  artifactsPath,
  artifactUri,
  LEASE_TTL_SECONDS,
  OperatorError,
  PUBLISH_STEPS,
  type PublishStepName,
} from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { carryOut } from "./carry-out.ts";
import type { InstalledPackages, LivePublish } from "./live-publish.ts";
import { presentLease } from "./present-lease.ts";
import { PublishFailure } from "./publish-failure.ts";
import type { PublishPlan, PublishReuse, PublishStep, PublishWork } from "./publish-plan.ts";
import { openStepLog } from "./step-log.ts";

/** A publish at work: under which grant of the lease, as which of the run's publishes, and until when. */
export interface PublishTask {
  lease: Lease;
  attempt: number;
  signal: AbortSignal;
}

/**
 * Carries out a plan, step by step: each presents the lease first, leaves its artifact whatever happens, and is an event.
 *
 * @returns what is in place now.
 * @throws PublishFailure naming the step that failed; OperatorError `stale_lease` once the lease is lost.
 */
export async function applyPublish(context: Context, task: PublishTask, plan: PublishPlan): Promise<LivePublish> {
  const installed = new Map<PublishStepName, InstalledPackages>();
  await recordReuse(context, task, plan.steps.filter(isReuse));
  for (const step of plan.steps) {
    if (isReuse(step)) continue;
    await presentLease(context.store, task.lease, LEASE_TTL_SECONDS);
    const packages = await recordedStep(context, task, step);
    if (packages !== undefined) installed.set(step.name, packages);
  }
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

async function recordedStep(
  context: Context,
  { lease, attempt, signal }: PublishTask,
  step: PublishWork,
): Promise<InstalledPackages | undefined> {
  const { store, clock } = context;
  const { runId } = lease;
  const artifactType = PUBLISH_STEPS[step.name];
  const file = evidenceFile(artifactType, attempt);
  const log = await openStepLog(`${artifactsPath(context.contract)}/${runId}/${file}`, clock.today);
  const uri = artifactUri(runId, file);
  const startedAt = clock.now();
  await appendEvent(store, { runId, eventType: "step_started", detail: { step: step.name, attempt } });
  const finish = async (eventType: "step_finished" | "step_failed", failure: object): Promise<void> => {
    const sizeBytes = await log.close();
    await recordArtifact(store, { runId, artifactType, uri, sizeBytes, attempt });
    const ms = Math.round(clock.now() - startedAt);
    const detail = { step: step.name, attempt, ms, artifact_uri: uri, ...failure };
    await appendEvent(store, { runId, eventType, detail });
  };
  let packages: InstalledPackages | undefined;
  try {
    packages = await carryOut({ context, lease, runId, log, signal }, step);
  } catch (error) {
    const { code, message, hint } = describeFailure(error);
    log.write({ event: "failed", code, message, hint });
    await finish("step_failed", { code, message, hint });
    throw new PublishFailure(step.name, error);
  }
  await finish("step_finished", {});
  return packages;
}

/** The first publish's evidence has the plain name. */
function evidenceFile(artifactType: string, attempt: number): string {
  const name = attempt === 1 ? artifactType : `${artifactType}-${attempt}`;
  return artifactType.endsWith("_report") ? `${name}.json` : `${name}.jsonl`;
}

function describeFailure(error: unknown): { code: string; message: string; hint: string } {
  if (error instanceof OperatorError) return { code: error.code, message: error.message, hint: error.hint };
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: "internal_error",
    message,
    hint: "This is a defect of the runtime; the worker's log has the details.",
  };
}
