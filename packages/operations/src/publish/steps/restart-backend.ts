import { slotDatabaseUrl } from "@oroboros/db-safety";
import { writeFileAtomic } from "@oroboros/host";
import { OperatorError, slotRunPath, type SlotJob } from "@oroboros/slot-contract";
import { slotPermit } from "../../database/slot-permit.ts";
import type { StepOf } from "../publish-plan.ts";
import type { StepContext } from "../step-context.ts";

const JOB_FILE = "backend.json";
/** Readable by the slot's group only: the job carries the slot's database password. */
const JOB_MODE = 0o640;

/** Hands the slot's backend its job and restarts it; no other slot's processes are touched. */
export async function restartBackend(step: StepContext, plan: StepOf<"backend_restart">): Promise<void> {
  const { context, lease } = step;
  const permit = slotPermit(context, lease.slotId);
  const job: SlotJob = {
    argv: plan.argv,
    cwd: plan.cwd,
    env: { ...plan.env, DATABASE_URL: slotDatabaseUrl(permit, context.slotPasswordKey) },
  };
  const file = `${slotRunPath(context.contract, lease.slotId)}/${JOB_FILE}`;
  await writeFileAtomic(file, JSON.stringify(job), { mode: JOB_MODE });
  const report = await context.processes.backend(lease.slotId, "restart");
  step.log.write({ event: "backend_restart", ...report });
  if (report.ok) return;
  throw new OperatorError("backend_not_started", report.error.message, { hint: report.error.hint });
}
