import { findLiveAttempt, type LeaseRef } from "@oroboros/control-store";
import { OperatorError, type AppManifest, type CommitSha, type SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { readManifest, readSqlFiles } from "../git/read-source.ts";
import type { LivePublish } from "../publish/live-publish.ts";
import { planMigration } from "../publish/plan-migration.ts";
import type { MigrationWork } from "../publish/publish-plan.ts";

export interface PublishedMigration {
  commitSha: CommitSha;
  manifest: AppManifest;
  work: MigrationWork;
}

/**
 * How the commit that a run shows in the slot is migrated, in the checkout where its backend is installed. Undefined where no run has
 * published there yet.
 */
export async function publishedMigration(
  { contract, source, store }: Pick<Context, "contract" | "source" | "store">,
  { slotId: slot, runId }: Pick<LeaseRef, "slotId" | "runId">,
): Promise<PublishedMigration | undefined> {
  const attempt = runId === null ? undefined : await findLiveAttempt(store, runId);
  const live = attempt?.live as LivePublish | null | undefined;
  if (live === undefined || live === null) return undefined;
  const { commitSha } = live;
  const manifest = await readManifest(source, commitSha);
  const migrations = await readSqlFiles(source, commitSha, manifest.database.migrations);
  return {
    commitSha,
    manifest,
    work: planMigration({ contract, target: { slot }, source: { manifest, migrations }, live }),
  };
}

export const PUBLISH_FIRST = 'oroboros runs create --title "<title>" --branch <branch>';

/** For what needs the files of a commit on the disk, where there are none. */
export const nothingPublished = (slot: SlotId): OperatorError =>
  new OperatorError(
    "nothing_published",
    `No run is published in ${slot}, and backend.migrate runs in a published checkout.`,
    { hint: `Publish a run first: ${PUBLISH_FIRST}` },
  );
