import { finishAttempt, letGo, renewLease } from "@oroboros/control-store";
import { LEASE_TTL_SECONDS, OperatorError, type FailureCode } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import type { PublishTask } from "./apply-publish.ts";
import { failureCode } from "./failure-code.ts";
import { PublishFailure } from "./publish-failure.ts";
import type { PublishOutcome } from "./publish-outcome.ts";

/**
 * Ends a publish that did not fail by itself: its lease is gone and the slot belongs to somebody else, or this worker was told to
 * stop and another one goes on. Undefined where neither is so.
 */
export async function endIfNotOurs(
  context: Context,
  { lease, attempt, signal }: PublishTask,
): Promise<PublishOutcome | undefined> {
  const { store, log } = context;
  const told = { run_id: lease.runId, slot_id: lease.slotId };
  if (!(await renewLease(store, lease, LEASE_TTL_SECONDS))) {
    log.warn(told, "the lease was lost; leaving the slot to its new holder");
    await finishAttempt(store, { lease, attempt, end: { status: "canceled" } });
    return { outcome: "lease_lost" };
  }
  if (!signal.aborted) return undefined;
  log.info(told, "stopping in the middle of a publish; another worker goes on with it");
  await letGo(store, lease);
  return { outcome: "let_go" };
}

/** What a run or an attempt records of an error. */
export function failureOf(error: unknown): { reasonCode: FailureCode; message: string; cause: unknown } {
  if (!(error instanceof PublishFailure)) {
    return { reasonCode: "UNKNOWN_ERROR", message: causeMessage(error), cause: error };
  }
  const { step, cause } = error;
  return { reasonCode: failureCode(step, cause), message: `${step} failed: ${causeMessage(cause)}`, cause };
}

function causeMessage(cause: unknown): string {
  if (cause instanceof OperatorError) return `${cause.message}\n${cause.hint}`;
  return cause instanceof Error ? cause.message : String(cause);
}
