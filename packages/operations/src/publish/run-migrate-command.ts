import { proveSlotDatabase, slotDatabaseUrl, type SlotAccess } from "@oroboros/db-safety";
import { OperatorError, type StepRequest } from "@oroboros/slot-contract";
import { runCommands } from "./run-commands.ts";
import type { StepContext } from "./step-context.ts";

/**
 * Runs the application's own migration command as the slot's user, with the address of the slot's database as its only secret. What it
 * prints is evidence that people read: the password is taken out of it.
 *
 * @throws OperatorError `migration_failed` with its last lines, `step_timed_out`, `stale_lease`, and where the server that the address
 *   leads to is not the slot's `identity_mismatch`, `not_marked` or `role_mismatch`.
 */
export async function runMigrateCommand(step: StepContext, access: SlotAccess, command: StepRequest): Promise<void> {
  await proveSlotDatabase(access, { runId: step.runId });
  const url = slotDatabaseUrl(access);
  const told = { ...command, env: { ...command.env, DATABASE_URL: url } };
  try {
    await runCommands(step, [told], [new URL(url).password]);
  } catch (error) {
    throw error instanceof OperatorError && error.code === "step_failed" ? failed(error) : error;
  }
}

const failed = ({ message, hint, cause }: OperatorError): OperatorError =>
  new OperatorError("migration_failed", message, { hint, cause });
