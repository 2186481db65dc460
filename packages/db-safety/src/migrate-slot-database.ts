import type { RunId } from "@oroboros/slot-contract";
import { applyMigrations, pendingMigrations } from "./apply-migrations.ts";
import { openAsSlot } from "./sessions.ts";
import type { SlotAccess } from "./slot-access.ts";
import type { SqlFile } from "./template-source.ts";
import { untilStopped, type Stop } from "./until-stopped.ts";

type MigrationRequest = Readonly<{ migrations: readonly SqlFile[] }>;

/**
 * Applies a branch's migrations to the slot's database, as the slot's role.
 *
 * @throws OperatorError `migration_failed` naming the file; `not_marked`, `identity_mismatch` or `role_mismatch` where the
 *   server that answers is not the permit's; `stale_lease` where the database is not `runId`'s any more. The signal's reason where `stop` came first; the file it ran leaves nothing.
 */
export async function migrateSlotDatabase(
  access: SlotAccess,
  request: MigrationRequest & { stop?: Stop; runId?: RunId | null },
): Promise<{ applied: string[] }> {
  await using session = await openAsSlot(access, { markedRun: request.runId ?? undefined });
  const applied = await untilStopped(session, request.stop, () => applyMigrations(session, request.migrations));
  return { applied };
}

/** What {@link migrateSlotDatabase} would apply; changes nothing. */
export async function planMigration(access: SlotAccess, request: MigrationRequest): Promise<{ pending: string[] }> {
  await using session = await openAsSlot(access);
  const pending = await pendingMigrations(session, request.migrations);
  return { pending: pending.map((file) => file.name) };
}
