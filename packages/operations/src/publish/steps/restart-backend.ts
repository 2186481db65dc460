import { OperatorError } from "@oroboros/slot-contract";
import type { StepOf } from "../publish-plan.ts";
import { startJob } from "../start-job.ts";
import type { StepContext } from "../step-context.ts";

/** Restarts the slot's backend with the new job; no other slot's processes are touched. */
export async function restartBackend(step: StepContext, plan: StepOf<"backend_restart">): Promise<void> {
  const report = await startJob(step.context, step.lease, plan.job);
  step.log.write({ event: "backend_restart", ...report });
  if (report.ok) return;
  throw new OperatorError("backend_not_started", report.error.message, { hint: report.error.hint });
}
