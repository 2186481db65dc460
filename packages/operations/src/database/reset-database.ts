import type { LeaseRef } from "@oroboros/control-store";
import { slotDatabase, type SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import type { BaseSource } from "../git/base-template.ts";
import { planClaim, withSlotLease, type SlotClaim } from "../slots/with-slot-lease.ts";
import { describeChoice, readBase, withBase, type DatabaseChoice } from "./database-choice.ts";
import { lateMigration, planLateMigration } from "./late-migration.ts";
import { pendingMigrations, type PendingMigrations } from "./pending-migrations.ts";
import { planned, type Planned } from "./planned.ts";
import { PUBLISH_FIRST } from "./published-migration.ts";
import { recordedContent } from "./record-late-migration.ts";
import { renewBackend } from "./renew-backend.ts";
import { resetLeasedDatabase, type ResetReport } from "./reset-leased-database.ts";
import { slotPermit } from "./slot-permit.ts";

export type ResetDatabaseReport = DatabaseReset | DatabasePlan;
type DatabaseReset = ResetReport & { backend_restarted: boolean } & PendingMigrations;
export interface DatabasePlan extends Planned {
  dry_run: true;
  slot_id: string;
  db_name: string;
}

/**
 * Gives a slot a fresh database with main's migrations, seeded or copied from a snapshot where a version is named. Where main migrates by a command of its own,
 * what is published in the slot migrates it after the swap.
 *
 * @throws OperatorError `lease_held`, `seed_not_found`, `snapshot_not_found`, `snapshot_in_use`, `stale_lease`, the judge's refusals, `reset_failed`, `nothing_published`; and
 *   `migration_failed`, `step_timed_out` or `seed_failed` of what comes after the swap, whose database stays.
 */
export async function resetDatabase(
  context: Context,
  request: SlotClaim & DatabaseChoice & { dryRun: boolean },
): Promise<ResetDatabaseReport> {
  const permit = slotPermit(context, request.slot);
  if (request.dryRun) {
    const source = await readBase(context, request);
    const later = await planLateMigration(context, request.slot, source);
    const plan = planned([await planClaim(context, request), later.refused], planReset(request, source, later.steps));
    return { dry_run: true, slot_id: request.slot, db_name: permit.database, ...plan };
  }
  return withBase(context, request, (source) =>
    withSlotLease(context, request, (lease) => resetUnder(context, lease, source)),
  );
}

function planReset(request: { slot: SlotId } & DatabaseChoice, source: BaseSource, later: string[]): string[] {
  const swap = `swap it in as ${slotDatabase(request.slot)}`;
  const content = describeChoice(request);
  if ("snapshotVersion" in request) {
    const files = source.migrations.map(({ name }) => `apply ${name} of main, unless the snapshot has it`);
    return [content, ...files, swap, ...later];
  }
  if (source.isMigratedLater && request.seedVersion === null)
    return [swap, ...(later.length === 0 ? [content] : later)];
  if (source.isMigratedLater) return [swap, ...later, content];
  return [...source.migrations.map(({ name }) => `apply ${name} of main`), content, swap];
}

async function resetUnder(context: Context, lease: LeaseRef, source: BaseSource): Promise<DatabaseReset> {
  const migrateLater = await lateMigration(context, lease, source);
  const reset = await resetLeasedDatabase(context, lease, source, {
    lateSeed: source.lateSeed,
    isMigratedLater: migrateLater !== undefined,
    isChosen: true,
    signal: context.signal,
  });
  let backendRestarted = false;
  try {
    await migrateLater?.();
  } finally {
    // Its login is refused from now on, also where the new database is not what it expects.
    backendRestarted = await renewBackend(context, lease);
  }
  const seedVersion = source.lateSeed?.version ?? reset.seed_version;
  const pending = await pendingAfter(context, lease, { source, isMigrated: migrateLater !== undefined });
  const content = migrateLater === undefined ? reset.content_fingerprint : await recordedContent(context, lease);
  const made = { ...reset, seed_version: seedVersion, content_fingerprint: content };
  return { ...made, backend_restarted: backendRestarted, ...pending };
}

async function pendingAfter(
  context: Context,
  lease: LeaseRef,
  { source, isMigrated }: { source: BaseSource; isMigrated: boolean },
): Promise<PendingMigrations> {
  if (isMigrated) return { pending_migrations: [] };
  if (!source.isMigratedLater) return pendingMigrations(context, lease);
  return { pending_migrations: null, next: PUBLISH_FIRST };
}
