import { nextQueuedRuns } from "@oroboros/control-store";
import type { Context } from "../context.ts";

/** Wakes a worker for each queued run that a free slot waits for. */
export async function wakeQueue(context: Pick<Context, "store" | "queue">): Promise<number> {
  const runs = await nextQueuedRuns(context.store);
  for (const runId of runs) await context.queue.enqueue(runId);
  return runs.length;
}
