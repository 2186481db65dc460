import { holdLease, recordReset, type DatabaseReset, type LeaseRef } from "@oroboros/control-store";
import {
  resetSlotDatabase,
  templateHash,
  type ResetOutcome,
  type SeedSource,
  type TemplateSource,
} from "@oroboros/db-safety";
import { faultPoint } from "@oroboros/host";
import { OperatorError, slotDatabase } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { slotPermit } from "./slot-permit.ts";

export interface ResetReport {
  slot_id: string;
  db_name: string;
  strategy: "seed" | "snapshot";
  seed_version: string | null;
  snapshot_version: string | null;
  template_hash: string;
  /** Of the fresh database, the same for every copy of the template. Null where its content is still to come. */
  content_fingerprint: string | null;
  template_created: boolean;
  /** The database had been prepared before. */
  warm: boolean;
  /** The database that was proven last waits aside: see `restoreKeptLeased` and `dropKeptLeased`. */
  kept: boolean;
  duration_ms: number;
}

export interface ResetOptions {
  keepOld?: boolean;
  signal?: AbortSignal | undefined;
  /** A seed that is to follow once the application's own command has made its tables. */
  lateSeed?: SeedSource | null;
  /** Its tables, and that seed, come after the swap: what the template holds is not what it will be. */
  isMigratedLater?: boolean;
  /** Somebody has said what it is to start from, which the run's publishes then do as well. */
  isChosen?: boolean;
}

/**
 * Replaces the slot's database by a fresh one. The lease is checked, the databases swapped and the provenance written in one
 * transaction, so a lost lease changes nothing; a failure of any kind leaves the old database serving and is recorded. With `keepOld`
 * the database of a publish that is proven is put aside until the new one is.
 */
export async function resetLeasedDatabase(
  context: Context,
  lease: LeaseRef,
  source: TemplateSource,
  { lateSeed, isMigratedLater = false, isChosen = false, ...options }: ResetOptions = {},
): Promise<ResetReport> {
  const startedAt = context.clock.now();
  const durationMs = (): number => Math.round(context.clock.now() - startedAt);
  const provenance = {
    runId: lease.runId,
    slotId: lease.slotId,
    dbName: slotDatabase(lease.slotId),
    strategy: source.snapshot === undefined ? "seed" : "snapshot",
    seedVersion: source.seed?.version ?? null,
    snapshotVersion: source.snapshot?.version ?? null,
    leaseEpoch: lease.leaseEpoch,
  } as const;
  try {
    const reset = await resetSlotDatabase(slotPermit(context, lease.slotId), {
      server: context.server,
      ...options,
      source,
      marker: { runId: lease.runId, leaseEpoch: lease.leaseEpoch },
      slotPasswordKey: context.slotPasswordKey,
      withLeaseHeld: (swap) =>
        context.store.transaction().execute(async (tx) => {
          await holdLease(tx, lease);
          await faultPoint("reset.before_swap");
          const swapped = await swap(tx);
          const later = isMigratedLater ? stillToCome(swapped, lateSeed) : {};
          const seeded = lateSeed ? { seed_after_migrations: lateSeed.version } : {};
          const chosen = isChosen ? { chosen: true } : {};
          const details = { ...succeeded(swapped, durationMs()), ...seeded, ...later, ...chosen };
          await recordReset(tx, { ...provenance, resetStatus: "succeeded", details });
          await faultPoint("reset.after_swap");
          return swapped;
        }),
    });
    return {
      slot_id: lease.slotId,
      db_name: provenance.dbName,
      strategy: provenance.strategy,
      seed_version: provenance.seedVersion,
      snapshot_version: provenance.snapshotVersion,
      template_hash: reset.templateHash,
      content_fingerprint: isMigratedLater ? null : reset.contentFingerprint,
      template_created: reset.templateCreated,
      warm: reset.warm,
      kept: reset.kept,
      duration_ms: durationMs(),
    };
  } catch (error) {
    const details = { template_hash: templateHash(source), ...failureOf(error), duration_ms: durationMs() };
    await recordFailure(context, { ...provenance, resetStatus: "failed", details });
    throw error;
  }
}

function succeeded(swapped: ResetOutcome, durationMs: number): DatabaseReset["details"] {
  const { templateHash: template_hash, contentFingerprint: content_fingerprint, warm, kept } = swapped;
  return {
    template_hash,
    content_fingerprint,
    database_oid: swapped.databaseOid,
    warm,
    kept,
    duration_ms: durationMs,
  };
}

/** The fingerprint of the empty template is no answer to what the database holds, but it is what the template is proven by. */
function stillToCome(
  { contentFingerprint: template_fingerprint }: ResetOutcome,
  lateSeed: SeedSource | null | undefined,
): DatabaseReset["details"] {
  const still_to_come = ["migrations", ...(lateSeed ? [`seed ${lateSeed.version}`] : [])];
  return { content_fingerprint: null, template_fingerprint, still_to_come };
}

export function failureOf(error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  return { code: error instanceof OperatorError ? error.code : "internal_error", message };
}

/** What the caller is to be told is why the reset failed, also where that can not be written down. */
export async function recordFailure({ store, log }: Context, reset: DatabaseReset): Promise<void> {
  await recordReset(store, reset).catch((error: unknown) => {
    log.error({ slot: reset.slotId, ...reset.details, err: error }, "a reset that failed could not be recorded");
  });
}
