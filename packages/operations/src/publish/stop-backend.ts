import { OperatorError } from "@oroboros/slot-contract";
import type { StepContext } from "./step-context.ts";

/** @throws OperatorError `backend_not_started` where the slot's backend could not be stopped. */
export async function stopBackend({
  context,
  lease,
  log,
}: Pick<StepContext, "context" | "lease" | "log">): Promise<void> {
  const report = await context.processes.backend(lease.slotId, "stop", { leaseEpoch: lease.leaseEpoch });
  log.write({ event: "backend_stop", ...report });
  if (!report.ok) throw new OperatorError("backend_not_started", report.error.message, { hint: report.error.hint });
}
