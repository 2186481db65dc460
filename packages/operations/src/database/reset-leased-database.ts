import { holdLease, recordReset, type LeaseRef } from "@oroboros/control-store";
import { resetSlotDatabase, templateHash, type TemplateSource } from "@oroboros/db-safety";
import { faultPoint } from "@oroboros/host";
import type { Context } from "../context.ts";
import { slotPermit } from "./slot-permit.ts";

export interface ResetReport {
  slot_id: string;
  db_name: string;
  strategy: "seed";
  seed_version: string | null;
  template_hash: string;
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
}

/**
 * Replaces the slot's database by a fresh one. The lease is checked, the databases swapped and the provenance written in one
 * transaction, so a lost lease changes nothing; a failure leaves the old database serving and is recorded. With `keepOld` the
 * database of a publish that is proven is put aside until the new one is.
 */
export async function resetLeasedDatabase(
  context: Context,
  lease: LeaseRef,
  source: TemplateSource,
  options: ResetOptions = {},
): Promise<ResetReport> {
  const permit = slotPermit(context, lease.slotId);
  const startedAt = context.clock.now();
  const provenance = {
    runId: lease.runId,
    slotId: lease.slotId,
    dbName: permit.database,
    strategy: "seed",
    seedVersion: source.seed?.version ?? null,
    snapshotVersion: null,
    leaseEpoch: lease.leaseEpoch,
  } as const;
  const durationMs = (): number => Math.round(context.clock.now() - startedAt);
  try {
    const reset = await resetSlotDatabase(permit, {
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
          const details = { template_hash: templateHash(source), ...swapped, duration_ms: durationMs() };
          await recordReset(tx, { ...provenance, resetStatus: "succeeded", details });
          await faultPoint("reset.after_swap");
          return swapped;
        }),
    });
    return {
      slot_id: lease.slotId,
      db_name: permit.database,
      strategy: "seed",
      seed_version: provenance.seedVersion,
      template_hash: reset.templateHash,
      template_created: reset.templateCreated,
      warm: reset.warm,
      kept: reset.kept,
      duration_ms: durationMs(),
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    await recordReset(context.store, {
      ...provenance,
      resetStatus: "failed",
      details: { message, duration_ms: durationMs() },
    });
    throw error;
  }
}
