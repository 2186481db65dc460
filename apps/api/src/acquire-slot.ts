import {
  claimSlot,
  findLease,
  findRun,
  heartbeatRun,
  notQueued,
  runNotFound,
  type StoreTransaction,
} from "@oroboros/control-store";
import {
  LEASE_TTL_SECONDS,
  OperatorError,
  WAITING_FOR_SLOT,
  type AcquireSlotResponse,
  type LeaseEpoch,
  type RunId,
  type SlotId,
} from "@oroboros/slot-contract";

/**
 * Gives a queued run a slot by the claim that workers make, or again the one it holds. A full pool is an answer, not an error.
 *
 * @throws OperatorError `run_not_found`; `invalid_transition` for a run that neither is queued nor holds a slot; `stale_lease` where
 *   the lease ran out and was not reaped yet.
 */
export async function acquireSlot(tx: StoreTransaction, runId: RunId): Promise<AcquireSlotResponse> {
  const claim = await claimSlot(tx, { runId, ttlSeconds: LEASE_TTL_SECONDS });
  if (claim.outcome === "claimed") return acquired(claim.lease);
  if (claim.outcome === "not_queued") return reacquire(tx, runId);
  return {
    acquired: false,
    slot_id: null,
    queue_reason: WAITING_FOR_SLOT,
    queue_position: claim.queuePosition,
    lease_epoch: null,
    expires_at: null,
    ttl_seconds: null,
  };
}

async function reacquire(tx: StoreTransaction, runId: RunId): Promise<AcquireSlotResponse> {
  const run = await findRun(tx, runId);
  if (run === undefined) throw runNotFound(runId);
  if (run.slotId === null) throw notQueued(runId, run.status);
  const { reason, expiresAt } = await heartbeatRun(tx, { slotId: run.slotId, runId, ttlSeconds: LEASE_TTL_SECONDS });
  if (reason !== "updated" || expiresAt === null) {
    throw new OperatorError("stale_lease", `The lease of run ${runId} on ${run.slotId} has run out.`, {
      hint: "Reap it with: oroboros slots reap-expired",
    });
  }
  const { leaseEpoch } = await findLease(tx, run.slotId);
  return acquired({ slotId: run.slotId, leaseEpoch, expiresAt });
}

function acquired(lease: { slotId: SlotId; leaseEpoch: LeaseEpoch; expiresAt: Date }): AcquireSlotResponse {
  return {
    acquired: true,
    slot_id: lease.slotId,
    queue_reason: null,
    queue_position: null,
    lease_epoch: lease.leaseEpoch,
    expires_at: lease.expiresAt.toISOString(),
    ttl_seconds: LEASE_TTL_SECONDS,
  };
}
