import { claimSlot, findRun, lockRuns, transitionRun, type Run } from "@oroboros/control-store";
import { faultPoint } from "@oroboros/host";
import { LEASE_TTL_SECONDS, OperatorError, type FailureCode, type RunId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { observeSource, type SourceFacts } from "./observe-source.ts";
import { orAbandon } from "./end-publish.ts";
import { forPublish } from "./for-publish.ts";
import { publishAgain } from "./publish-again.ts";
import { publishFirst } from "./publish-first.ts";
import type { PublishOutcome } from "./publish-outcome.ts";

/**
 * Makes a queued run's commit live in a slot, or publishes a live one again as it was asked to. Delivered twice, or for a run that
 * waits for nothing, it does nothing.
 */
export async function publishRun(context: Context, runId: RunId, signal: AbortSignal): Promise<PublishOutcome> {
  const run = await findRun(context.store, runId);
  if (run?.status !== "queued") return publishAgain(context, runId, signal);
  const source = await validated(context, run);
  if ("outcome" in source) return source;
  const { commitSha } = source;
  await faultPoint("acquire.before_claim");
  const { store, workerId, runTimeoutSeconds } = context;
  const claim = await claimSlot(store, {
    runId,
    ttlSeconds: LEASE_TTL_SECONDS,
    commitSha,
    workerId,
    runTimeoutSeconds,
  });
  if (claim.outcome === "not_queued") return { outcome: "nothing_to_do" };
  if (claim.outcome === "waiting") return claim;
  const { lease } = claim;
  return orAbandon(context, lease, async () => {
    await faultPoint("acquire.after_claim");
    const own = await forPublish(context, { lease, commitSha });
    const task = { lease, attempt: 1, signal, remainingMs: runTimeoutSeconds * 1_000 };
    return publishFirst(own, task, async () => source);
  });
}

/** What fails for no reason of the commit's may pass by itself; no run waits behind one for which it does not. */
const MAX_UNREAD = 5;

/** The run's source, or what became of a run that has none that could be published. */
async function validated(context: Context, run: Run): Promise<SourceFacts | PublishOutcome> {
  const { unread } = context;
  try {
    const source = await observeSource(context, run);
    unread.delete(run.runId);
    return source;
  } catch (error) {
    if (error instanceof OperatorError) {
      return refuse(context, run, { reasonCode: "VALIDATION_FAILED", message: `${error.message}\n${error.hint}` });
    }
    const times = (unread.get(run.runId) ?? 0) + 1;
    unread.set(run.runId, times);
    if (times < MAX_UNREAD) throw error;
    unread.delete(run.runId);
    context.log.error(
      { err: error, run_id: run.runId, times },
      "what the run is to publish can not be read; it failed",
    );
    return refuse(context, run, { reasonCode: "UNKNOWN_ERROR", message: unreadable(run, error) });
  }
}

function unreadable({ runId }: Run, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return (
    `What the run is to publish could not be read ${MAX_UNREAD} times: ${reason}\n` +
    `The worker's log has the details. Once they are seen to: oroboros runs retry ${runId}`
  );
}

/** Fails a run that still waits. One that an agent has given a slot to by now has it, and is told when its publish is asked for. */
function refuse(
  { store }: Context,
  { runId }: Run,
  why: { reasonCode: FailureCode; message: string },
): Promise<PublishOutcome> {
  return store.transaction().execute(async (tx) => {
    const [run] = await lockRuns(tx, [runId]);
    if (run?.status !== "queued") return { outcome: "nothing_to_do" };
    await transitionRun(tx, { runId, to: "failed", ...why });
    return { outcome: "failed", reasonCode: why.reasonCode };
  });
}
