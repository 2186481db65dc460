import { findSnapshot, isComplete, noteSnapshotTemplate, type CompleteSnapshot } from "@oroboros/control-store";
import { holdSnapshot, templateHash } from "@oroboros/db-safety";
import { OperatorError } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { readBaseTemplate, type BaseSource } from "../git/base-template.ts";

/** What a slot's database is to start from: one of main's seeds, nothing but main's migrations, or a snapshot. */
export type DatabaseChoice = { seedVersion: string | null } | { snapshotVersion: string };

/** As a line of a plan says it. */
export function describeChoice(choice: DatabaseChoice): string {
  if ("snapshotVersion" in choice) return `copy snapshot ${choice.snapshotVersion}`;
  return choice.seedVersion === null ? "leave it empty" : `apply seed ${choice.seedVersion}`;
}

/**
 * Reads what a choice stands for, and keeps a snapshot from being dropped until the databases that `act` makes of it are made.
 *
 * @throws OperatorError `seed_not_found`, `snapshot_not_found`, `snapshot_in_use`.
 */
export async function withBase<T>(
  context: Context,
  choice: DatabaseChoice,
  act: (source: BaseSource) => Promise<T>,
): Promise<T> {
  if ("seedVersion" in choice) return act(await readBase(context, choice));
  await using _held = await holdSnapshot(context.server, choice.snapshotVersion, { alone: false });
  const source = await readBase(context, choice);
  // Before it is made, so that it is known to go with the snapshot, whatever happens.
  if (source.snapshot !== undefined)
    await noteSnapshotTemplate(context.store, { snapshotId: source.snapshot.id, templateHash: templateHash(source) });
  return act(source);
}

/** The same to look at, for a plan. */
export async function readBase(context: Context, choice: DatabaseChoice): Promise<BaseSource> {
  if ("seedVersion" in choice) {
    const { seedVersion } = choice;
    return readBaseTemplate(context.source, seedVersion === null ? "none" : { version: seedVersion });
  }
  const { snapshotId, version, contentFingerprint } = await requireSnapshot(context, choice.snapshotVersion);
  const { migrations, isMigratedLater } = await readBaseTemplate(context.source, "none");
  const snapshot = { id: snapshotId, version, contentFingerprint };
  return { migrations, seed: null, snapshot, isMigratedLater, lateSeed: null };
}

/** @throws OperatorError `snapshot_not_found`. */
export async function requireSnapshot({ store }: Pick<Context, "store">, version: string): Promise<CompleteSnapshot> {
  const found = await findSnapshot(store, version);
  if (found !== undefined && isComplete(found) && found.droppedAt === null) return found;
  const dropped = found?.droppedAt ?? null;
  const what = dropped === null ? "does not exist" : `was dropped at ${dropped.toISOString()}`;
  throw new OperatorError("snapshot_not_found", `Snapshot ${version} ${what}.`, {
    hint: "List the snapshots with: oroboros db snapshot list; make one with: oroboros db snapshot create --from-slot <slot> --version <version>",
  });
}
