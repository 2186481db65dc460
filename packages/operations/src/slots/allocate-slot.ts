import {
  claimSlot,
  findRun,
  forgetIdle,
  listSlots,
  notQueued,
  runNotFound,
  type Lease,
  type Run,
} from "@oroboros/control-store";
import { ensureTemplate } from "@oroboros/db-safety";
import { LEASE_TTL_SECONDS, WAITING_FOR_SLOT, type RunId, type SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { readBase, withBase } from "../database/database-choice.ts";
import type { Planned } from "../database/planned.ts";
import { renewBackend } from "../database/renew-backend.ts";
import { resetLeasedDatabase, type ResetReport } from "../database/reset-leased-database.ts";
import type { BaseSource } from "../git/base-template.ts";
import { failAllocation } from "./fail-allocation.ts";

export type AllocateReport =
  | { acquired: true; slot_id: string; run_id: string; lease_epoch: string; expires_at: string; reset: ResetReport }
  | { acquired: false; queue_reason: typeof WAITING_FOR_SLOT; queue_position: number }
  | ({ dry_run: true; free_slots: string[] } & Planned);

/** An allocation always names a version. */
type NamedChoice = { seedVersion: string } | { snapshotVersion: string };

/**
 * Leases a slot for a queued run and gives it a fresh database, in one go. A full pool is an answer, not an error. Where main's
 * migrations or seed fail, nothing was taken; where only the reset does, the run ends with it and its slot is free again.
 *
 * @throws OperatorError `run_not_found`, `invalid_transition`, `seed_not_found`, `snapshot_not_found`, `snapshot_in_use`,
 *   `migration_failed`, `seed_failed`, `reset_failed`, `stale_lease`.
 */
export async function allocateSlot(context: Context, request: { runId: RunId } & NamedChoice): Promise<AllocateReport> {
  const run = await requireQueued(context, request.runId);
  return withBase(context, request, (source) => allocate(context, run, source));
}

async function allocate(context: Context, { runId, queuePosition }: Run, source: BaseSource): Promise<AllocateReport> {
  // Asked first, because a seed may take minutes; whether this run is the next one is for the claim to say.
  if (queuePosition !== null && (await freeSlots(context)).length === 0) return waiting(queuePosition);
  const { server, slotPasswordKey } = context;
  const template = await ensureTemplate(server, source, { slotPasswordKey });
  const claim = await claimSlot(context.store, { runId, ttlSeconds: LEASE_TTL_SECONDS });
  if (claim.outcome === "not_queued") throw notQueued(runId, claim.status);
  if (claim.outcome === "waiting") return waiting(claim.queuePosition);
  const reset = await resetOrFail(context, claim.lease, source);
  const { slotId, leaseEpoch, expiresAt } = claim.lease;
  return {
    acquired: true,
    slot_id: slotId,
    run_id: runId,
    lease_epoch: leaseEpoch,
    expires_at: expiresAt.toISOString(),
    reset: { ...reset, template_created: template.created || reset.template_created },
  };
}

async function resetOrFail(context: Context, lease: Lease, source: BaseSource): Promise<ResetReport> {
  try {
    await forgetIdle(context.store, lease.slotId);
    const report = await resetLeasedDatabase(context, lease, source, { lateSeed: source.lateSeed, isChosen: true });
    await renewBackend(context, lease);
    return report;
  } catch (error) {
    throw await failAllocation(context, lease, error);
  }
}

/** What {@link allocateSlot} would do now, without doing it. */
export async function planAllocation(
  context: Context,
  request: { runId?: RunId } & NamedChoice,
): Promise<AllocateReport> {
  if (request.runId !== undefined) await requireQueued(context, request.runId);
  const source = await readBase(context, request);
  const free = await freeSlots(context);
  const plan = [
    free[0] === undefined ? "wait in the queue: no slot is free" : `lease ${free[0]}`,
    planReset(request, source),
    "record the reset in preview_db_resets",
  ];
  return { dry_run: true, free_slots: free, plan, refused_with: free.length === 0 ? "no_free_slot" : null };
}

function planReset(request: NamedChoice, { isMigratedLater, migrations }: BaseSource): string {
  if ("snapshotVersion" in request) return `reset its database: a copy of snapshot ${request.snapshotVersion}`;
  return isMigratedLater
    ? "reset its database to an empty one: backend.migrate and the seed come with the publish"
    : `reset its database: ${migrations.length} migrations, seed ${request.seedVersion}`;
}

const waiting = (queuePosition: number): AllocateReport => ({
  acquired: false,
  queue_reason: WAITING_FOR_SLOT,
  queue_position: queuePosition,
});

async function freeSlots({ store }: Context): Promise<SlotId[]> {
  const slots = await listSlots(store);
  return slots.filter(({ leaseState }) => leaseState === "free").map(({ slotId }) => slotId);
}

async function requireQueued({ store }: Context, runId: RunId): Promise<Run> {
  const run = await findRun(store, runId);
  if (run === undefined) throw runNotFound(runId);
  if (run.status !== "queued") throw notQueued(runId, run.status);
  return run;
}
