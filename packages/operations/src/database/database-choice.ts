import {
  findChosenReset,
  findSnapshot,
  isComplete,
  noteSnapshotTemplate,
  type CompleteSnapshot,
  type RecordedReset,
} from "@oroboros/control-store";
import { holdSnapshot, templateHash, type TemplateSource } from "@oroboros/db-safety";
import { OperatorError, type RunId, type SlotId } from "@oroboros/slot-contract";
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
  await noteTemplate(context, source);
  return act(source);
}

/** Before it is made, so that it is known to go with the snapshot, whatever happens. */
async function noteTemplate({ store }: Context, source: TemplateSource): Promise<void> {
  if (source.snapshot === undefined) return;
  await noteSnapshotTemplate(store, { snapshotId: source.snapshot.id, templateHash: templateHash(source) });
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

/**
 * What a publish of a run starts from: what was chosen when the run was given its slot, or for its last reset by hand, else main's
 * latest seed.
 *
 * @throws OperatorError `seed_not_found`, `snapshot_not_found`.
 */
export async function readBaseOfRun(context: Context, run: { runId: RunId; slotId: SlotId }): Promise<BaseSource> {
  const chosen = await findChosenReset(context.store, run);
  const choice = chosen && choiceOf(chosen);
  return choice === undefined ? readBaseTemplate(context.source, "latest") : readBase(context, choice);
}

/** Undefined where no version was named. */
function choiceOf({ seedVersion, snapshotVersion, details }: RecordedReset): DatabaseChoice | undefined {
  if (snapshotVersion !== null) return { snapshotVersion };
  const later = details["seed_after_migrations"];
  const version = seedVersion ?? (typeof later === "string" ? later : null);
  return version === null ? undefined : { seedVersion: version };
}

/**
 * Keeps the snapshot that a base was read with, if any, from being dropped while `act` makes a database of it.
 *
 * @throws OperatorError `snapshot_not_found`, `snapshot_in_use`.
 */
export async function whileSnapshotHeld<T>(
  context: Context,
  source: TemplateSource,
  act: () => Promise<T>,
): Promise<T> {
  if (source.snapshot === undefined) return act();
  const { version } = source.snapshot;
  await using _held = await holdSnapshot(context.server, version, { alone: false });
  await requireSnapshot(context, version);
  await noteTemplate(context, source);
  return await act();
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
