import { nextQueuedRuns, runsToPublishAgain, runsWithoutWorker } from "@oroboros/control-store";
import { within } from "@oroboros/host";
import type { Context } from "../context.ts";
import { SILENT_SECONDS } from "../publish/silent-seconds.ts";

type WakingContext = Pick<Context, "store" | "queue" | "log">;

/** A Redis client that lost its server would wait for ever. */
const ANSWER_DEADLINE_MS = 1_000;

/** Wakes workers for what a freed slot leaves to do: the queued runs that can have it first, then whatever stays free. */
export async function wakeQueue(context: WakingContext): Promise<number> {
  const woken = await wakeRuns(context);
  await isTold(context, {}, () => context.queue.enqueueSweep());
  return woken;
}

/**
 * Wakes a worker for each queued run that a free slot waits for, each live one that is to be published again, and each whose worker
 * fell silent in the middle of a publish. A queue that does not answer is told of no further one: the next round wakes them.
 *
 * @returns how many were woken.
 */
export async function wakeRuns(context: WakingContext): Promise<number> {
  const { store, queue } = context;
  const runs = await Promise.all([
    nextQueuedRuns(store),
    runsToPublishAgain(store),
    runsWithoutWorker(store, SILENT_SECONDS),
  ]);
  let woken = 0;
  for (const runId of new Set(runs.flat())) {
    if (!(await isTold(context, { run_id: runId }, () => queue.enqueue(runId)))) break;
    woken += 1;
  }
  return woken;
}

/** A waking that is lost is only late, so it fails nothing. */
async function isTold({ log }: WakingContext, about: object, tell: () => Promise<void>): Promise<boolean> {
  try {
    await within(ANSWER_DEADLINE_MS, tell());
    return true;
  } catch (error) {
    log.warn({ ...about, err: error }, "the queue could not be woken; the reconciler's next round tries again");
    return false;
  }
}
