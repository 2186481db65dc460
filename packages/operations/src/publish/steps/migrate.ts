import { migrateSlotDatabase, seedMigratedDatabase, type SlotAccess } from "@oroboros/db-safety";
import { recordLateMigration } from "../../database/record-late-migration.ts";
import { slotAccess } from "../../database/slot-access.ts";
import type { MigrationWork, StepOf } from "../publish-plan.ts";
import { runMigrateCommand } from "../run-migrate-command.ts";
import type { StepContext } from "../step-context.ts";

/** Brings the slot's database to what the commit expects, as the slot's role; a seed that could not come before comes now. */
export async function migrate(step: StepContext, plan: StepOf<"migration">): Promise<void> {
  const { context, lease, runId } = step;
  const access = await slotAccess(context, lease.slotId);
  const { database, role } = access.permit;
  step.log.write({ event: "migration_target", database, role });
  const { seed } = plan;
  await recordLateMigration(context, lease, { access, seed, signal: step.signal }, async () => {
    await applyMigrations(step, access, plan.work);
    if (seed === null) return;
    await seedMigratedDatabase(access, { seed, runId, stop: stopOf(step) });
    step.log.write({ event: "seed_applied", seed_version: seed.version });
  });
}

async function applyMigrations(step: StepContext, access: SlotAccess, work: MigrationWork): Promise<void> {
  if (work.kind === "command") return runMigrateCommand(step, access, work.command);
  const { applied } = await migrateSlotDatabase(access, {
    migrations: work.files,
    runId: step.runId,
    stop: stopOf(step),
  });
  step.log.write({ event: "migrations_applied", applied });
}

const stopOf = ({ context: { server }, signal }: StepContext): { server: typeof server; signal: AbortSignal } => ({
  server,
  signal,
});
