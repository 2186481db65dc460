import { artifactsPath, artifactUri, OperatorError, PUBLISH_STEPS } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { carryOut } from "./carry-out.ts";
import { describeFailure, timeLimitOf } from "./describe-failure.ts";
import { Abandoned, endsInTime } from "./ends-in-time.ts";
import type { InstalledPackages } from "./live-publish.ts";
import { PublishFailure } from "./publish-failure.ts";
import type { PublishWork } from "./publish-plan.ts";
import type { PublishTask } from "./publish-task.ts";
import { recordStep, type StepRecord } from "./record-step.ts";
import { openStepLog } from "./step-log.ts";
import { stepTimeoutMs } from "./step-timeout.ts";
import { timeLimit } from "./time-limit.ts";

/**
 * Does a step and writes its evidence. One that fails is noted here, because nothing comes after it.
 *
 * @throws PublishFailure; Abandoned where the step is told to end and does not.
 */
export async function loggedStep(
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
