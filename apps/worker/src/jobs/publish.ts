import { publishRun, type Context } from "@oroboros/operations";
import type { PublishJob } from "@oroboros/slot-contract";

export async function publishJob(context: Context, job: PublishJob, signal: AbortSignal): Promise<void> {
  const outcome = await publishRun(context, job.run_id, signal);
  context.log.info({ run_id: job.run_id, ...outcome }, "publish job done");
}
