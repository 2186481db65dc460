import { migrateSlotDatabase } from "@oroboros/db-safety";
import { slotPermit } from "../../database/slot-permit.ts";
import type { StepOf } from "../publish-plan.ts";
import type { StepContext } from "../step-context.ts";

/** Applies the branch's own migrations to the slot's database, as the slot's role. */
export async function migrate(step: StepContext, plan: StepOf<"migration">): Promise<void> {
  const { context, lease } = step;
  const permit = slotPermit(context, lease.slotId);
  step.log.write({ event: "migration_target", database: permit.database, role: permit.role });
  const { applied } = await migrateSlotDatabase(permit, {
    migrations: plan.migrations,
    slotPasswordKey: context.slotPasswordKey,
    runId: step.runId,
    stop: { server: context.server, signal: step.signal },
  });
  step.log.write({ event: "migrations_applied", applied });
}
