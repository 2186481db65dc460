import {
  acquireMaintenanceLease,
  holdLease,
  noteIdle,
  renewLease,
  standsIdle,
  type LeaseRef,
} from "@oroboros/control-store";
import type { TemplateSource } from "@oroboros/db-safety";
import { httpProbe, runGate } from "@oroboros/health-probe";
import { faultPoint } from "@oroboros/host";
import { backendPort, loopbackUrl, OperatorError, type ErrorCode, type SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { resetLeasedDatabase } from "../database/reset-leased-database.ts";
import { readBaseTemplate } from "../git/base-template.ts";
import { endsInTime } from "../publish/ends-in-time.ts";
import { startJob } from "../publish/start-job.ts";
import { watchBackend } from "../publish/watch-backend.ts";
import { clearSlot } from "./clear-slot.ts";
import { endMaintenance } from "./end-maintenance.ts";
import { idleJob } from "./idle-job.ts";
import { wakeRuns } from "./wake-queue.ts";

/** Short, so that a worker that is killed keeps nobody waiting for long; every effect renews it. */
const RESTORE_TTL_SECONDS = 60;
/** One that hangs gives the slot back before its lease runs out. */
const RESTORE_LIMIT_MS = 45_000;
const READY = { deadlineMs: 15_000, intervalMs: 20, consecutivePasses: 1 };
const EMPTY: TemplateSource = { migrations: [], seed: null };
/** What keeps main from being a base: it has no commit yet, or one that can not be published. */
const NO_BASE: readonly ErrorCode[] = [
  "commit_not_found",
  "invalid_manifest",
  "seed_not_found",
  "migration_failed",
  "seed_failed",
];

/** `taken`: by a run, by queued runs that need every free slot, or by another operation. */
export type IdleOutcome = "restored" | "already" | "taken";

/**
 * Makes a slot that no run holds answer for itself: the placeholder page, and the release's api in slot mode on a fresh database.
 * A slot that was restored since its last run is left alone, also where an operator stopped its backend or works in its database.
 * A restoration that was killed half way is done again from the start.
 *
 * @throws OperatorError `stale_lease`, `reset_failed`, `backend_not_started`, the judge's refusals; the slot is free again then.
 */
export async function restoreIdleSlot(context: Context, slot: SlotId): Promise<IdleOutcome> {
  const { store, workerId } = context;
  const lease = await acquireMaintenanceLease(store, slot, RESTORE_TTL_SECONDS, { unlessQueued: true, workerId });
  if (lease === undefined) return "taken";
  let clean = true;
  try {
    if (await standsIdle(store, slot)) return "already";
    await endsInTime(context, AbortSignal.timeout(RESTORE_LIMIT_MS), makeIdle(context, lease));
    return "restored";
  } catch (error) {
    clean = await isEmptied(context, lease);
    throw error;
  } finally {
    await endMaintenance(context, lease, { clean });
    // Whoever came meanwhile was told to wait for this slot.
    await wakeRuns(context);
  }
}

/** What half a restoration has left goes while its lease still fences it; else the slot is quarantined. */
async function isEmptied(context: Context, lease: LeaseRef): Promise<boolean> {
  try {
    await clearSlot(context, lease);
    return true;
  } catch (error) {
    context.log.warn({ err: error, slot_id: lease.slotId }, "a slot that could not be restored could not be emptied");
    return false;
  }
}

/** Presents the lease before every effect; the note that it is done is written in the transaction that still holds it. */
async function makeIdle(context: Context, lease: LeaseRef): Promise<void> {
  const { store } = context;
  for (const effect of [clear, resetToBase, startBackend]) {
    await present(context, lease);
    await effect(context, lease);
  }
  await store.transaction().execute(async (tx) => {
    await holdLease(tx, lease);
    await noteIdle(tx, lease);
    await faultPoint("idle.before_note");
  });
  await faultPoint("idle.before_release");
}

async function present({ store }: Context, lease: LeaseRef): Promise<void> {
  if (await renewLease(store, lease, RESTORE_TTL_SECONDS)) return;
  throw new OperatorError("stale_lease", `The restoration of ${lease.slotId} no longer holds it.`, {
    hint: "See who does with: oroboros slots list",
  });
}

async function clear(context: Context, lease: LeaseRef): Promise<void> {
  await clearSlot(context, lease);
  await faultPoint("idle.after_clear");
}

/** Main's migrations and its last seed, or nothing at all where main has none that can be applied. */
async function resetToBase(context: Context, lease: LeaseRef): Promise<void> {
  try {
    await resetLeasedDatabase(context, lease, await readBaseTemplate(context.source, "latest"));
  } catch (error) {
    if (!(error instanceof OperatorError) || !NO_BASE.includes(error.code)) throw error;
    context.log.info(
      { slot_id: lease.slotId, code: error.code },
      "main gives idle slots no database; theirs stays empty",
    );
    await resetLeasedDatabase(context, lease, EMPTY);
  }
}

async function startBackend(context: Context, lease: LeaseRef): Promise<void> {
  const { slotId: slot } = lease;
  await faultPoint("idle.after_reset");
  const report = await startJob(context, lease, idleJob(context.contract, slot));
  if (!report.ok) throw new OperatorError("backend_not_started", report.error.message, { hint: report.error.hint });
  await awaitBackend(context, slot);
  await faultPoint("idle.after_start");
}

async function awaitBackend(context: Context, slot: SlotId): Promise<void> {
  const url = `${loopbackUrl(backendPort(context.contract, slot))}/health`;
  const probe = httpProbe({ name: "backend", url, fetch: context.fetch });
  const watch = watchBackend(context, slot, new AbortController().signal);
  try {
    const gate = await runGate({ probes: [probe], policy: READY, clock: context.clock, signal: watch.signal });
    if (!gate.passed) throw notHealthy(slot, gate.answers.map(({ detail }) => detail).join("; "));
  } finally {
    watch.stop();
  }
}

function notHealthy(slot: SlotId, answers: string): OperatorError {
  return new OperatorError("backend_not_started", `The idle backend of ${slot} did not answer: ${answers}.`, {
    hint: `See where its log is with: oroboros backend status --slot ${slot}`,
  });
}
