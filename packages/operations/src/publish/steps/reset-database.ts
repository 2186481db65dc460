import { whileSnapshotHeld } from "../../database/database-choice.ts";
import { resetLeasedDatabase } from "../../database/reset-leased-database.ts";
import type { StepOf } from "../publish-plan.ts";
import type { StepContext } from "../step-context.ts";
import { stopBackend } from "../stop-backend.ts";

/** Gives the slot main's data. The backend of an earlier publish ends first: its writes belong to the database it knows. */
export async function resetDatabaseStep(step: StepContext, plan: StepOf<"database_reset">): Promise<void> {
  if (plan.keepOld) await stopBackend(step);
  const { context, lease, signal } = step;
  const { source, keepOld } = plan;
  const report = await whileSnapshotHeld(context, source, () =>
    resetLeasedDatabase(context, lease, source, {
      keepOld,
      signal,
      lateSeed: source.lateSeed,
      isMigratedLater: source.isMigratedLater,
    }),
  );
  step.log.write({ event: "database_reset", ...report });
}
