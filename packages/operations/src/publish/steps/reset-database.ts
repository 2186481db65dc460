import { resetLeasedDatabase } from "../../database/reset-leased-database.ts";
import type { StepOf } from "../publish-plan.ts";
import type { StepContext } from "../step-context.ts";
import { stopBackend } from "../stop-backend.ts";

/** Gives the slot main's data. The backend of an earlier publish ends first: its writes belong to the database it knows. */
export async function resetDatabaseStep(step: StepContext, plan: StepOf<"database_reset">): Promise<void> {
  if (plan.keepOld) await stopBackend(step);
  const report = await resetLeasedDatabase(step.context, step.lease, plan.source, {
    keepOld: plan.keepOld,
    lateSeed: plan.source.lateSeed,
    signal: step.signal,
  });
  step.log.write({ event: "database_reset", ...report });
}
