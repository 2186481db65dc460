import { findLease, type LeaseRef } from "@oroboros/control-store";
import type { SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import type { BaseSource } from "../git/base-template.ts";
import { lateSeedOf } from "../git/late-seed.ts";
import { hasRun, migratePublished, type MigrationResult } from "./migrate-published.ts";
import type { Refused } from "../slots/refused-claim.ts";
import { nothingPublished, publishedMigration } from "./published-migration.ts";

/**
 * What a reset leaves to do where main migrates by a command of its own: to migrate the empty database as the slot's published commit
 * says, and to seed it. Undefined where it leaves nothing to do, or where nothing is published that could do it and no seed waits.
 *
 * @throws OperatorError `nothing_published` for a seed without tables, before anything was done.
 */
export async function lateMigration(
  context: Context,
  lease: LeaseRef,
  { isMigratedLater, lateSeed }: BaseSource,
): Promise<(() => Promise<MigrationResult>) | undefined> {
  if (!isMigratedLater) return undefined;
  const published = await publishedMigration(context, lease);
  if (published !== undefined && hasRun(lease)) {
    const seed = await lateSeedOf(context.source, published, lateSeed);
    return () => migratePublished(context, lease, { published, seed });
  }
  if (lateSeed !== null) throw nothingPublished(lease.slotId);
  return undefined;
}

/** The same as lines of a plan, with what it would be refused for. */
export async function planLateMigration(
  context: Context,
  slot: SlotId,
  { isMigratedLater, lateSeed }: BaseSource,
): Promise<{ steps: string[]; refused?: Refused }> {
  const published = isMigratedLater
    ? await publishedMigration(context, await findLease(context.store, slot))
    : undefined;
  if (published === undefined) {
    const error = nothingPublished(slot);
    return { steps: [], ...(lateSeed === null ? {} : { refused: { line: error.message, error } }) };
  }
  const { work } = published;
  const steps =
    work.kind === "command"
      ? [`run ${work.command.argv.join(" ")} in ${work.command.cwd}`]
      : work.files.map(({ name }) => `apply ${name} of ${published.commitSha}`);
  return { steps };
}
