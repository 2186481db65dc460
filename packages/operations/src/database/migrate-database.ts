import { MAIN_BRANCH, type AppManifest, type CommitSha, type MigrationFindings } from "@oroboros/slot-contract";
import { findLease, findWorktree, type LeaseRef } from "@oroboros/control-store";
import { migrateSlotDatabase, planMigration, type SlotDatabasePermit } from "@oroboros/db-safety";
import type { Context } from "../context.ts";
import { readManifest, readSqlFiles } from "../git/read-source.ts";
import { resolveCommit } from "../git/resolve-commit.ts";
import { findInMigrations } from "../guard/find-in-migrations.ts";
import { newMigrations } from "../guard/new-migrations.ts";
import { planClaim, withSlotLease, type SlotClaim } from "../slots/with-slot-lease.ts";
import { hasRun, migratePublished, type MigrationResult } from "./migrate-published.ts";
import { planned, type Planned } from "./planned.ts";
import { nothingPublished, publishedMigration } from "./published-migration.ts";
import { slotAccess } from "./slot-access.ts";
import { slotPermit } from "./slot-permit.ts";
import { stopOf } from "./stop-of.ts";

export type MigrateReport = { slot_id: string; db_name: string; commit_sha: string } & (MigratePlan | MigrationResult);

export interface MigratePlan extends Planned {
  dry_run: true;
  /** Which database, on which server, as which role; never with a password. */
  target: string;
  /** Null where a command of the application's own decides: only it knows. */
  pending: string[] | null;
  /** In what is pending, or where that is not known in what the commit has and main has not. */
  destructive_statements: MigrationFindings;
}

interface Shown {
  commitSha: CommitSha;
  manifest: AppManifest;
}

/**
 * Migrates a slot's database as the commit that it holds says, or main where it holds none: by the files that are pending, or by the
 * application's own command, for which a run has to be published there.
 *
 * @throws OperatorError `migration_failed`, `step_timed_out`, `lease_held`, `nothing_published`, the judge's refusals.
 */
export async function migrateDatabase(
  context: Context,
  request: SlotClaim & { dryRun: boolean },
): Promise<MigrateReport> {
  const permit = slotPermit(context, request.slot);
  const shown = await shownCommit(context, request.slot);
  const report = { slot_id: request.slot, db_name: permit.database, commit_sha: shown.commitSha };
  if (request.dryRun) return { ...report, ...(await planMigrate(context, request, { permit, shown })) };
  const act = shown.manifest.backend.migrate === undefined ? applyFiles : runCommand;
  return { ...report, ...(await withSlotLease(context, request, (lease) => act(context, lease, shown))) };
}

async function shownCommit({ store, source }: Context, slot: SlotClaim["slot"]): Promise<Shown> {
  const bound = await findWorktree(store, slot);
  const commitSha =
    bound?.commitSha ?? (await resolveCommit(source.repository, { branch: MAIN_BRANCH, commitSha: null }));
  return { commitSha, manifest: await readManifest(source, commitSha) };
}

const filesOf = ({ source }: Context, { commitSha, manifest }: Shown): ReturnType<typeof readSqlFiles> =>
  readSqlFiles(source, commitSha, manifest.database.migrations);

async function applyFiles(context: Context, { slotId }: LeaseRef, shown: Shown): Promise<MigrationResult> {
  return migrateSlotDatabase(await slotAccess(context, slotId), {
    migrations: await filesOf(context, shown),
    ...stopOf(context),
  });
}

async function runCommand(context: Context, lease: LeaseRef): Promise<MigrationResult> {
  const published = await publishedMigration(context, lease);
  if (published === undefined || !hasRun(lease)) throw nothingPublished(lease.slotId);
  return migratePublished(context, lease, { published, seed: null });
}

async function planMigrate(
  context: Context,
  request: SlotClaim,
  { permit, shown }: { permit: SlotDatabasePermit; shown: Shown },
): Promise<MigratePlan> {
  const held = await planClaim(context, request);
  const target = `postgresql://${permit.role}@${permit.host}:${permit.port}/${permit.database}`;
  const plan = { dry_run: true as const, target };
  if (shown.manifest.backend.migrate === undefined) {
    const migrations = await filesOf(context, shown);
    const { pending } = await planMigration(await slotAccess(context, request.slot), { migrations });
    const steps = pending.map((name) => `apply ${name} to ${permit.database}`);
    const files = migrations.filter(({ name }) => pending.includes(name));
    const found = await findInMigrations(context, { files, unreadable: [] });
    return { ...plan, pending, ...planned([held], steps), destructive_statements: found };
  }
  const published = await publishedMigration(context, await findLease(context.store, request.slot));
  const steps = published?.work.kind === "command" ? [describeCommand(published.work.command)] : [];
  const error = nothingPublished(request.slot);
  const missing = published === undefined ? { line: error.message, error } : undefined;
  const brought = await newMigrations(context.source, shown.commitSha);
  const unreadable = brought.unreadable.length === 0 ? [COMMAND] : brought.unreadable;
  const found = await findInMigrations(context, { ...brought, unreadable });
  return { ...plan, pending: null, ...planned([held, missing], steps), destructive_statements: found };
}

const COMMAND = { file: "backend.migrate", reason: "only the command itself knows what it does" };

const describeCommand = ({ argv, cwd }: { argv: string[]; cwd: string }): string => `run ${argv.join(" ")} in ${cwd}`;
