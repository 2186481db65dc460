import {
  abandonLease,
  finishAttempt,
  letGo,
  listAttempts,
  renewLease,
  wasServerRestarted,
  type Lease,
  type Store,
} from "@oroboros/control-store";
import { LEASE_TTL_SECONDS, OperatorError, type ErrorCode, type FailureCode } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import type { PublishTask } from "./publish-task.ts";
import { timeLimitOf } from "./describe-failure.ts";
import { Abandoned, endsInTime } from "./ends-in-time.ts";
import { failureCode } from "./failure-code.ts";
import { PublishFailure } from "./publish-failure.ts";
import type { PublishOutcome } from "./publish-outcome.ts";

/** What is done after a publish has failed may take no longer: stopping a backend and starting the one before it takes longest. */
const MAX_END_SECONDS = 600;
/** What `observeSource` has against a commit, or against main. */
const SOURCE_CODES: readonly ErrorCode[] = [
  "commit_not_found",
  "invalid_manifest",
  "seed_not_found",
  "snapshot_not_found",
];
const ABANDON_RETRY_MS = 250;
const ABANDON_PATIENCE_MS = 20_000;

/**
 * Ends a publish that did not come to its end: as `fail` does where it failed by itself. Where that can not be done either, or takes
 * for ever, the publish is left to another worker.
 */
export async function endPublish(
  context: Context,
  task: PublishTask,
  error: unknown,
  fail: () => Promise<PublishOutcome>,
): Promise<PublishOutcome> {
  const limit = AbortSignal.timeout(Math.min(MAX_END_SECONDS, context.runTimeoutSeconds) * 1_000);
  const end = async (): Promise<PublishOutcome> => (await endIfNotOurs(context, task, error)) ?? fail();
  return orAbandon(context, task.lease, () => endsInTime(context, limit, end()));
}

/** A publish that ends with an error is left to another worker. */
export async function orAbandon<T>(context: Context, lease: Lease, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await abandon(context, lease);
    throw error;
  }
}

/** A database that restarts is asked again; while none answers, the lease falls silent by itself. */
async function abandon({ store, clock }: Context, lease: Lease): Promise<void> {
  const patience = AbortSignal.timeout(ABANDON_PATIENCE_MS);
  while (!patience.aborted) {
    const isDone = await abandonLease(store, lease).then(
      () => true,
      () => false,
    );
    if (isDone) return;
    await clock.sleep(ABANDON_RETRY_MS, patience);
  }
}

/** Why a publish ended that was to end at this signal: whatever was thrown for a time limit's sake says nothing. */
export const reasonOf = (error: unknown, signal: AbortSignal): unknown =>
  error instanceof PublishFailure ? error : (timeLimitOf(signal) ?? error);

/**
 * Ends a publish that did not fail by itself: its lease is gone and the slot belongs to somebody else, this worker was told to stop
 * and another one goes on, the database server was restarted under it, or something of it hangs. Undefined where none is so.
 */
async function endIfNotOurs(
  context: Context,
  { lease, attempt, signal }: PublishTask,
  error: unknown,
): Promise<PublishOutcome | undefined> {
  const { store, log } = context;
  const told = { run_id: lease.runId, slot_id: lease.slotId };
  // A commit whose answer was lost.
  if (await hasSucceeded(store, lease, attempt)) return { outcome: "published", lease };
  if (!(await renewLease(store, lease, LEASE_TTL_SECONDS))) {
    log.warn(told, "the lease was lost; leaving the slot to its new holder");
    await finishAttempt(store, { lease, attempt, end: { status: "canceled" } });
    return { outcome: "lease_lost" };
  }
  if (error instanceof Abandoned) {
    log.error({ ...told, err: error }, "a publish that was told to end hangs; another worker goes on with it");
    await abandonLease(store, lease);
    return { outcome: "abandoned" };
  }
  if (!signal.aborted) {
    if (!(await wasServerRestarted(store, lease))) return undefined;
    log.warn({ ...told, err: error }, "the database server was restarted; the publish is begun again");
    await abandonLease(store, lease);
    return { outcome: "abandoned" };
  }
  log.info(told, "stopping in the middle of a publish; another worker goes on with it");
  await letGo(store, lease);
  return { outcome: "let_go" };
}

async function hasSucceeded(store: Store, { runId, leaseEpoch }: Lease, number: number): Promise<boolean> {
  const attempts = await listAttempts(store, runId);
  return attempts.some(
    (each) => each.attempt === number && each.leaseEpoch === leaseEpoch && each.status === "succeeded",
  );
}

/** What a run or an attempt records of an error. */
export function failureOf(error: unknown): { reasonCode: FailureCode; message: string; cause: unknown } {
  if (!(error instanceof PublishFailure))
    return { reasonCode: codeOutsideSteps(error), message: causeMessage(error), cause: error };
  const { step, cause } = error;
  return { reasonCode: failureCode(step, cause), message: `${step} failed: ${causeMessage(cause)}`, cause };
}

function codeOutsideSteps(error: unknown): FailureCode {
  if (!(error instanceof OperatorError)) return "UNKNOWN_ERROR";
  if (error.code === "step_timed_out") return "AGENT_TIMEOUT";
  return SOURCE_CODES.includes(error.code) ? "VALIDATION_FAILED" : "UNKNOWN_ERROR";
}

function causeMessage(cause: unknown): string {
  if (cause instanceof OperatorError) return `${cause.message}\n${cause.hint}`;
  return cause instanceof Error ? cause.message : String(cause);
}
