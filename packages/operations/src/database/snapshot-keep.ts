import {
  abandonSnapshot,
  asActor,
  beginSnapshot,
  completeSnapshot,
  findSnapshot,
  type Actor,
  type NewSnapshot,
} from "@oroboros/control-store";
import { dropSnapshotDatabases, type SnapshotFacts } from "@oroboros/db-safety";
import type { Context } from "../context.ts";
import { requireSnapshot } from "./database-choice.ts";
import { refuseDropped, requireSameContent, snapshotReport, type SnapshotCreated } from "./snapshot-report.ts";

type Holder = Parameters<typeof dropSnapshotDatabases>[0];
type Making = Readonly<{
  holder: Holder;
  actor: Actor;
  snapshot: Omit<NewSnapshot, "createdBy">;
  /** Makes the database of a snapshot with this id. */
  make: (id: string) => Promise<SnapshotFacts & { closedMs?: number }>;
  /** The fingerprint of what it would hold, where a snapshot of the version exists already. */
  wouldHold: (id: string) => Promise<string>;
}>;

/**
 * Makes a snapshot that is written down: before its database, so that what a killed process leaves behind is known by name, and complete
 * after it. For who holds its version alone.
 *
 * @throws OperatorError `snapshot_exists`, and what `make` throws; then nothing of it is left.
 */
export async function keepSnapshot(context: Context, making: Making): Promise<SnapshotCreated> {
  const { store } = context;
  const { actor, snapshot } = making;
  const { version } = snapshot;
  const existing = await findSnapshot(store, version);
  if (existing !== undefined) refuseDropped(existing);
  const begun = await beginSnapshot(store, { ...snapshot, createdBy: actor.principal });
  if (begun === undefined) return alreadySo(context, making);
  const { closedMs } = await makeOrAbandon(context, making, begun.snapshotId);
  return { ...snapshotReport(await requireSnapshot(context, version)), created: true, closed_ms: closedMs ?? null };
}

async function alreadySo(context: Context, { snapshot, wouldHold }: Making): Promise<SnapshotCreated> {
  const existing = await requireSnapshot(context, snapshot.version);
  requireSameContent(existing, await wouldHold(existing.snapshotId));
  return { ...snapshotReport(existing), created: false, closed_ms: null };
}

async function makeOrAbandon(context: Context, { holder, actor, snapshot, make }: Making, id: string) {
  const { store } = context;
  try {
    const facts = await make(id);
    await asActor(store, actor, (tx) => completeSnapshot(tx, id, facts));
    return facts;
  } catch (error) {
    await dropSnapshotDatabases(holder, { id, version: snapshot.version, templateHashes: [] });
    await abandonSnapshot(store, id);
    throw error;
  }
}
