import {
  claimSlot,
  findRun,
  pinCommit,
  releaseLease,
  renewLease,
  transitionRun,
  type Lease,
  type Run,
} from "@oroboros/control-store";
import {
  isTerminal,
  LEASE_TTL_SECONDS,
  OperatorError,
  REVIEW_TTL_SECONDS,
  type FailureCode,
  type RunId,
} from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { clearSlot } from "../slots/clear-slot.ts";
import { wakeQueue } from "../slots/wake-queue.ts";
import { applyPublish } from "./apply-publish.ts";
import { presentLease } from "./present-lease.ts";
import { failureCode } from "./failure-code.ts";
import { observeSource, type SourceFacts } from "./observe-source.ts";
import { planPublish } from "./plan-publish.ts";
import { PublishFailure } from "./publish-failure.ts";
import { watchLease } from "./watch-lease.ts";

export type PublishOutcome =
  | { outcome: "published"; lease: Lease }
  | { outcome: "waiting"; queuePosition: number }
  | { outcome: "nothing_to_do" }
  | { outcome: "failed"; reasonCode: FailureCode }
  | { outcome: "lease_lost" };

/**
 * Makes a queued run's commit live in a slot, or fails the run and gives the slot back. Delivered twice, or for a run that is
 * no longer queued, it does nothing.
 */
export async function publishRun(context: Context, runId: RunId, signal: AbortSignal): Promise<PublishOutcome> {
  const run = await findRun(context.store, runId);
  if (run?.status !== "queued") return { outcome: "nothing_to_do" };
  const source = await validated(context, run);
  if (source === undefined) return { outcome: "failed", reasonCode: "VALIDATION_FAILED" };
  const claim = await claimSlot(context.store, { runId, ttlSeconds: LEASE_TTL_SECONDS });
  if (claim.outcome === "not_queued") return { outcome: "nothing_to_do" };
  if (claim.outcome === "waiting") return claim;
  return publishInto(context, claim.lease, runId, source, signal);
}

/** The run's source; undefined once the run was failed because it has none that could be published. */
async function validated(context: Context, run: Run): Promise<SourceFacts | undefined> {
  try {
    const source = await observeSource(context, run);
    await pinCommit(context.store, run.runId, source.commitSha);
    return source;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const message = `${error.message}\n${error.hint}`;
    await transitionRun(context.store, { runId: run.runId, to: "failed", reasonCode: "VALIDATION_FAILED", message });
    return undefined;
  }
}

async function publishInto(
  context: Context,
  lease: Lease,
  runId: RunId,
  source: SourceFacts,
  signal: AbortSignal,
): Promise<PublishOutcome> {
  const watch = watchLease(context, lease, signal);
  try {
    await clearSlot(context, lease.slotId);
    await transitionRun(context.store, { runId, to: "testing" });
    await applyPublish(context, lease, runId, planPublish(context.contract, lease.slotId, runId, source), watch.signal);
    await awaitApproval(context, lease, runId);
    return { outcome: "published", lease };
  } catch (error) {
    return await giveBack(context, lease, runId, error);
  } finally {
    watch.stop();
  }
}

/** The run waits for a person and its slot with it, or, where the lease was lost by now, neither. */
async function awaitApproval(context: Context, lease: Lease, runId: RunId): Promise<void> {
  await context.store.transaction().execute(async (tx) => {
    await transitionRun(tx, { runId, to: "preview_ready" });
    await presentLease(tx, lease, REVIEW_TTL_SECONDS);
    await transitionRun(tx, { runId, to: "needs_approval" });
  });
}

/** Ends a failed first publish: the slot is emptied while the lease still fences it, then run and lease end together. */
async function giveBack(context: Context, lease: Lease, runId: RunId, error: unknown): Promise<PublishOutcome> {
  if (!(await renewLease(context.store, lease, LEASE_TTL_SECONDS))) {
    context.log.warn(
      { run_id: runId, slot_id: lease.slotId },
      "the lease was lost; leaving the slot to its new holder",
    );
    return { outcome: "lease_lost" };
  }
  const cause = error instanceof PublishFailure ? error.cause : error;
  const reasonCode = error instanceof PublishFailure ? failureCode(error.step, cause) : "UNKNOWN_ERROR";
  context.log.warn({ err: cause, run_id: runId, slot_id: lease.slotId, reason_code: reasonCode }, "the publish failed");
  await clearSlot(context, lease.slotId);
  await context.store.transaction().execute(async (tx) => {
    const run = await findRun(tx, runId);
    if (run !== undefined && !isTerminal(run.status)) {
      await transitionRun(tx, { runId, to: "failed", reasonCode, message: failureMessage(error) });
    }
    await releaseLease(tx, lease);
  });
  await wakeQueue(context);
  return { outcome: "failed", reasonCode };
}

function failureMessage(error: unknown): string {
  return error instanceof PublishFailure ? `${error.step} failed: ${causeMessage(error.cause)}` : causeMessage(error);
}

function causeMessage(cause: unknown): string {
  if (cause instanceof OperatorError) return `${cause.message}\n${cause.hint}`;
  return cause instanceof Error ? cause.message : String(cause);
}
