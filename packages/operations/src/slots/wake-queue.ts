import { nextQueuedRuns, runsToPublishAgain, runsWithoutWorker } from "@oroboros/control-store";
import type { Context } from "../context.ts";
import { SILENT_SECONDS } from "../publish/silent-seconds.ts";

type WakingContext = Pick<Context, "store" | "queue">;

/** Wakes workers for what a freed slot leaves to do: the queued runs that can have it first, then whatever stays free. */
export async function wakeQueue(context: WakingContext): Promise<number> {
  const woken = await wakeRuns(context);
  await context.queue.enqueueSweep();
  return woken;
}

/**
 * Wakes a worker for each queued run that a free slot waits for, each live one that is to be published again, and each whose worker
 * fell silent in the middle of a publish.
 */
export async function wakeRuns({ store, queue }: WakingContext): Promise<number> {
  const runs = await Promise.all([
    nextQueuedRuns(store),
    runsToPublishAgain(store),
    runsWithoutWorker(store, SILENT_SECONDS),
  ]);
  const ids = new Set(runs.flat());
  for (const runId of ids) await queue.enqueue(runId);
  return ids.size;
}
