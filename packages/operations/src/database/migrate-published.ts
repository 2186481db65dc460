import type { LeaseRef } from "@oroboros/control-store";
import { migrateSlotDatabase, seedMigratedDatabase, type SeedSource } from "@oroboros/db-safety";
import type { RunId, StepRequest } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { runMigrateCommand } from "../publish/run-migrate-command.ts";
import type { StepLog } from "../publish/step-log.ts";
import type { PublishedMigration } from "./published-migration.ts";
import { recordLateMigration } from "./record-late-migration.ts";
import { slotAccess } from "./slot-access.ts";
import { stopOf } from "./stop-of.ts";

/** The lease of a run, which is the only one under which something is published. */
export type RunLease = LeaseRef & { runId: RunId };
export const hasRun = (lease: LeaseRef): lease is RunLease => lease.runId !== null;

/** What the migrations of a published commit did: the files that were applied, or the command and what it printed last. */
export type MigrationResult = { applied: string[] } | { migrate_command: string[]; output: string[] };

/**
 * Migrates a slot's database as the commit that is published there says, and loads a seed that could not come before.
 *
 * @throws OperatorError `migration_failed`, `step_timed_out`, `seed_failed`, `stale_lease`, the judge's refusals.
 */
export async function migratePublished(
  context: Context,
  lease: RunLease,
  { published, seed }: { published: PublishedMigration; seed: SeedSource | null },
): Promise<MigrationResult> {
  const { work } = published;
  const access = await slotAccess(context, lease.slotId);
  const { runId } = lease;
  return recordLateMigration(context, lease, { access, seed, signal: context.signal }, async () => {
    const result =
      work.kind === "files"
        ? await migrateSlotDatabase(access, { migrations: work.files, runId, ...stopOf(context) })
        : await runByHand(context, lease, work.command);
    if (seed !== null) await seedMigratedDatabase(access, { seed, runId, ...stopOf(context) });
    return result;
  });
}

async function runByHand(
  context: Context,
  lease: RunLease,
  command: StepRequest,
): Promise<{ migrate_command: string[]; output: string[] }> {
  const printed = collectingLog();
  const { signal = new AbortController().signal } = context;
  const step = { context, lease, runId: lease.runId, log: printed.log, signal };
  await runMigrateCommand(step, await slotAccess(context, lease.slotId), command);
  return { migrate_command: command.argv, output: printed.lines() };
}

const MAX_OUTPUT = 64 * 1024;

/** A step's log that nobody keeps: the end of what its commands print is the answer to whoever asked. */
function collectingLog(): { log: StepLog; lines(): string[] } {
  let text = "";
  const write = ({ event, text: chunk }: Record<string, unknown>): void => {
    if (event === "output") text = (text + String(chunk)).slice(-MAX_OUTPUT);
  };
  const lines = (): string[] => text.split("\n").filter((line) => line.trim() !== "");
  return { log: { write, close: async () => text.length }, lines };
}
