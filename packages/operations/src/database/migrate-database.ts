import { MAIN_BRANCH } from "@oroboros/slot-contract";
import { findWorktree } from "@oroboros/control-store";
import { migrateSlotDatabase, planMigration } from "@oroboros/db-safety";
import type { Context } from "../context.ts";
import { readManifest, readSqlFiles } from "../git/read-source.ts";
import { resolveCommit } from "../git/resolve-commit.ts";
import { planClaim, withSlotLease, type SlotClaim } from "../slots/with-slot-lease.ts";
import { slotAccess } from "./slot-access.ts";
import { slotPermit } from "./slot-permit.ts";

export type MigrateReport = { slot_id: string; db_name: string; commit_sha: string } & (
  | {
      dry_run: true;
      pending: string[];
      plan: string[];
      /** What the real call would be refused with; null where it would act. */
      refused_with: "lease_held" | null;
    }
  | { applied: string[] }
);

/**
 * Applies to a slot's database the migrations of the commit it holds, or of main where it holds none.
 *
 * @throws OperatorError `migration_failed`, `lease_held`, the judge's refusals.
 */
export async function migrateDatabase(
  context: Context,
  request: SlotClaim & { dryRun: boolean },
): Promise<MigrateReport> {
  const permit = slotPermit(context, request.slot);
  const bound = await findWorktree(context.store, request.slot);
  const commitSha =
    bound?.commitSha ?? (await resolveCommit(context.source.repository, { branch: MAIN_BRANCH, commitSha: null }));
  const { database } = await readManifest(context.source, commitSha);
  const migrations = await readSqlFiles(context.source, commitSha, database.migrations);
  const report = { slot_id: request.slot, db_name: permit.database, commit_sha: commitSha };
  if (request.dryRun) {
    const objections = await planClaim(context, request);
    const { pending } = await planMigration(await slotAccess(context, request.slot), { migrations });
    const plan = [...objections, ...pending.map((name) => `apply ${name} to ${permit.database}`)];
    return { ...report, dry_run: true, pending, plan, refused_with: objections.length === 0 ? null : "lease_held" };
  }
  const { applied } = await withSlotLease(context, request, async () =>
    migrateSlotDatabase(await slotAccess(context, request.slot), { migrations }),
  );
  return { ...report, applied };
}
