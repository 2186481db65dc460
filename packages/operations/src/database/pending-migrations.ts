import { findWorktree, type LeaseRef } from "@oroboros/control-store";
import { planMigration } from "@oroboros/db-safety";
import { OperatorError, type CommitSha } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { readManifest, readSqlFiles } from "../git/read-source.ts";
import { slotAccess } from "./slot-access.ts";

export interface PendingMigrations {
  /** What the commit in the slot has and main has not; null where that can not be told, and `next` says why. */
  pending_migrations: string[] | null;
  next?: string;
}

/** What a slot's fresh database still lacks of the commit that stands in the slot. */
export async function pendingMigrations(context: Context, lease: LeaseRef): Promise<PendingMigrations> {
  const bound = await findWorktree(context.store, lease.slotId);
  if (bound === undefined) return { pending_migrations: [] };
  const pending = await pendingOf(context, lease, bound.commitSha);
  if (pending?.length === 0) return { pending_migrations: [] };
  const holder = lease.runId === null ? "" : ` --run-id ${lease.runId}`;
  return { pending_migrations: pending, next: `oroboros db migrate --slot ${lease.slotId}${holder}` };
}

async function pendingOf(context: Context, { slotId }: LeaseRef, commit: CommitSha): Promise<string[] | null> {
  try {
    const { backend, database } = await readManifest(context.source, commit);
    // What a command of the application's own has still to do, only it knows.
    if (backend.migrate !== undefined) return null;
    const migrations = await readSqlFiles(context.source, commit, database.migrations);
    return (await planMigration(await slotAccess(context, slotId), { migrations })).pending;
  } catch (error) {
    // The reset is done and recorded: a commit that can not be planned does not make it a failure.
    if (!(error instanceof OperatorError)) throw error;
    context.log.warn({ slot: slotId, commit, err: error }, "the pending migrations are not known");
    return null;
  }
}
