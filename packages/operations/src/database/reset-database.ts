import type { Context } from "../context.ts";
import { readBaseTemplate } from "../git/base-template.ts";
import { planClaim, withSlotLease, type SlotClaim } from "../slots/with-slot-lease.ts";
import { pendingMigrations, type PendingMigrations } from "./pending-migrations.ts";
import { renewBackend } from "./renew-backend.ts";
import { resetLeasedDatabase, type ResetReport } from "./reset-leased-database.ts";
import { slotPermit } from "./slot-permit.ts";

export type ResetDatabaseReport = (ResetReport & { backend_restarted: boolean } & PendingMigrations) | DatabasePlan;
export interface DatabasePlan {
  dry_run: true;
  slot_id: string;
  db_name: string;
  plan: string[];
}

/**
 * Gives a slot a fresh database with main's migrations, seeded where a version is named.
 *
 * @throws OperatorError `lease_held`, `seed_not_found`, `stale_lease`, the judge's refusals, `reset_failed`.
 */
export async function resetDatabase(
  context: Context,
  request: SlotClaim & { seedVersion: string | null; dryRun: boolean },
): Promise<ResetDatabaseReport> {
  const permit = slotPermit(context, request.slot);
  const { seedVersion } = request;
  const source = await readBaseTemplate(context.source, seedVersion === null ? "none" : { version: seedVersion });
  if (request.dryRun) {
    const plan = [
      ...(await planClaim(context, request)),
      ...source.migrations.map(({ name }) => `apply ${name} of main`),
      seedVersion === null ? "leave it empty" : `apply seed ${seedVersion}`,
      `swap it in as ${permit.database}`,
    ];
    return { dry_run: true, slot_id: request.slot, db_name: permit.database, plan };
  }
  return withSlotLease(context, request, async (lease) => {
    const reset = await resetLeasedDatabase(context, lease, source);
    const backendRestarted = await renewBackend(context, lease);
    return { ...reset, backend_restarted: backendRestarted, ...(await pendingMigrations(context, lease)) };
  });
}
