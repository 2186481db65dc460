import { appendEvent, recordArtifact, type Lease } from "@oroboros/control-store";
import {
  artifactsPath,
  artifactUri,
  LEASE_TTL_SECONDS,
  OperatorError,
  PUBLISH_STEPS,
  type RunId,
} from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { presentLease } from "./present-lease.ts";
import { PublishFailure } from "./publish-failure.ts";
import type { PublishPlan, PublishStep } from "./publish-plan.ts";
import type { StepContext } from "./step-context.ts";
import { openStepLog } from "./step-log.ts";
import { awaitReadiness } from "./steps/await-readiness.ts";
import { checkout } from "./steps/checkout.ts";
import { migrate } from "./steps/migrate.ts";
import { runCommands } from "./run-commands.ts";
import { publishFrontend } from "./steps/publish-frontend.ts";
import { resetDatabaseStep } from "./steps/reset-database.ts";
import { restartBackend } from "./steps/restart-backend.ts";
import { smoke } from "./steps/smoke.ts";

/**
 * Carries out a plan, step by step: each presents the lease first, leaves its artifact whatever happens, and is an event.
 *
 * @throws PublishFailure naming the step that failed; OperatorError `stale_lease` once the lease is lost.
 */
export async function applyPublish(
  context: Context,
  lease: Lease,
  runId: RunId,
  plan: PublishPlan,
  signal: AbortSignal,
): Promise<void> {
  for (const step of plan.steps) {
    await presentLease(context.store, lease, LEASE_TTL_SECONDS);
    await recordedStep(context, lease, runId, step, signal);
  }
}

async function recordedStep(
  context: Context,
  lease: Lease,
  runId: RunId,
  step: PublishStep,
  signal: AbortSignal,
): Promise<void> {
  const artifactType = PUBLISH_STEPS[step.name];
  const file = artifactType.endsWith("_report") ? `${artifactType}.json` : `${artifactType}.jsonl`;
  const log = await openStepLog(`${artifactsPath(context.contract)}/${runId}/${file}`, context.clock.today);
  const uri = artifactUri(runId, file);
  const startedAt = context.clock.now();
  await appendEvent(context.store, { runId, eventType: "step_started", detail: { step: step.name } });
  const finish = async (eventType: "step_finished" | "step_failed", detail: object): Promise<void> => {
    const sizeBytes = await log.close();
    await recordArtifact(context.store, { runId, artifactType, uri, sizeBytes, attempt: 1 });
    const ms = Math.round(context.clock.now() - startedAt);
    await appendEvent(context.store, {
      runId,
      eventType,
      detail: { step: step.name, ms, artifact_uri: uri, ...detail },
    });
  };
  try {
    await carryOut({ context, lease, runId, log, signal }, step);
  } catch (error) {
    const { code, message, hint } = describeFailure(error);
    log.write({ event: "failed", code, message, hint });
    await finish("step_failed", { code, message, hint });
    throw new PublishFailure(step.name, error);
  }
  await finish("step_finished", {});
}

function carryOut(context: StepContext, step: PublishStep): Promise<void> {
  switch (step.name) {
    case "checkout":
      return checkout(context, step);
    case "database_reset":
      return resetDatabaseStep(context, step);
    case "frontend_publish":
      return publishFrontend(context, step);
    case "dependency_sync":
      return runCommands(context, step.commands);
    case "migration":
      return migrate(context, step);
    case "backend_restart":
      return restartBackend(context, step);
    case "readiness":
      return awaitReadiness(context, step);
    case "smoke":
      return smoke(context, step);
    default:
      return step satisfies never;
  }
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
