import { resetLeasedDatabase } from "../../database/reset-leased-database.ts";
import type { StepOf } from "../publish-plan.ts";
import type { StepContext } from "../step-context.ts";

export async function resetDatabaseStep(step: StepContext, plan: StepOf<"database_reset">): Promise<void> {
  const report = await resetLeasedDatabase(step.context, step.lease, plan.source);
  step.log.write({ event: "database_reset", ...report });
}
