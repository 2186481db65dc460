import {
  findProvenance,
  holdLease,
  recordReset,
  type DatabaseReset,
  type LeaseRef,
  type RecordedReset,
} from "@oroboros/control-store";
import { fingerprintSlotDatabase, type SeedSource, type SlotAccess } from "@oroboros/db-safety";
import type { Context } from "../context.ts";
import { failureOf, recordFailure } from "./reset-leased-database.ts";

interface LateMigration {
  access: SlotAccess;
  /** What is loaded after the migrations. */
  seed: SeedSource | null;
  signal?: AbortSignal | undefined;
}

/**
 * Migrates a database, and seeds it, where its reset could not, and records what it holds then, or why it came to nothing. Where the
 * reset left nothing to come, nothing is recorded: migrations by hand are no reset.
 */
export async function recordLateMigration<T>(
  context: Context,
  lease: LeaseRef,
  late: LateMigration,
  act: () => Promise<T>,
): Promise<T> {
  const swap = await awaitedSwap(context, lease, late);
  if (swap === undefined) return act();
  const startedAt = context.clock.now();
  const durationMs = (): number => Math.round(context.clock.now() - startedAt);
  const { row, made } = rowAfter(swap, lease, late);
  try {
    const done = await act();
    const fingerprint = await fingerprintOf(context, late);
    await context.store.transaction().execute(async (tx) => {
      await holdLease(tx, lease);
      const found = { after_migrations: true, content_fingerprint: fingerprint, duration_ms: durationMs() };
      await recordReset(tx, { ...row, resetStatus: "succeeded", details: { ...made, ...found } });
    });
    return done;
  } catch (error) {
    const failure = { after_migrations: true, ...failureOf(error), duration_ms: durationMs() };
    await recordFailure(context, { ...row, resetStatus: "failed", details: { ...made, ...failure } });
    throw error;
  }
}

/** What the swap is recorded with, but for what only it can say. */
function rowAfter(
  { resetId: _id, createdAt: _at, details, ...provenance }: RecordedReset,
  { runId, leaseEpoch }: LeaseRef,
  { seed }: LateMigration,
): { row: Omit<DatabaseReset, "details">; made: DatabaseReset["details"] } {
  const { still_to_come: _rest, seed_after_migrations: _seed, chosen: _chosen, ...made } = details;
  return { row: { ...provenance, runId, leaseEpoch, seedVersion: seed?.version ?? null }, made };
}

/** The fingerprint that was recorded last of a slot's database; null where there is none. */
export async function recordedContent({ store }: Context, { slotId }: LeaseRef): Promise<string | null> {
  const { newest } = await findProvenance(store, { slotId, databaseOids: [] });
  const content = newest?.details["content_fingerprint"];
  return typeof content === "string" ? content : null;
}

/** The record of the database that the slot has, where it says that the rest of it is still to come. */
async function awaitedSwap(
  { store }: Context,
  { slotId }: LeaseRef,
  { access }: LateMigration,
): Promise<RecordedReset | undefined> {
  const { databaseOid } = access.identity;
  const [newest] = (await findProvenance(store, { slotId, databaseOids: [databaseOid] })).ofDatabases;
  return newest?.details["still_to_come"] === undefined ? undefined : newest;
}

/** Null where it can not be told: the database is what was asked for all the same. */
async function fingerprintOf({ server, log }: Context, { access, signal }: LateMigration): Promise<string | null> {
  try {
    return await fingerprintSlotDatabase(access, signal && { server, signal });
  } catch (error) {
    signal?.throwIfAborted();
    log.warn({ slot: access.permit.slot, err: error }, "the fingerprint of a migrated database could not be taken");
    return null;
  }
}
