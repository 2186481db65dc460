import type { HeartbeatResponse, LeaseEpoch, RunId, SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";
import { findLease } from "./find-lease.ts";

/**
 * Extends the lease of a run that says so itself; never shortens it. It is no sign of life of a worker, and so is noted apart from
 * theirs.
 */
export async function heartbeatRun(
  store: Store,
  request: { slotId: SlotId; runId: RunId; leaseEpoch?: LeaseEpoch | undefined; ttlSeconds: number },
): Promise<{ reason: HeartbeatResponse["reason"]; expiresAt: Date | null }> {
  const { slotId, runId, leaseEpoch, ttlSeconds } = request;
  const isSameGrant = leaseEpoch === undefined ? sql`true` : sql`lease_epoch = ${leaseEpoch}`;
  const { rows } = await sql<{ expires_at: Date }>`
    update slot_leases
    set agent_heartbeat_at = clock_timestamp(),
        expires_at = greatest(expires_at, clock_timestamp() + make_interval(secs => ${ttlSeconds}))
    where slot_id = ${slotId} and run_id = ${runId} and expires_at > clock_timestamp() and ${isSameGrant}
    returning expires_at`.execute(store);
  const [row] = rows;
  if (row !== undefined) return { reason: "updated", expiresAt: row.expires_at };
  const lease = await findLease(store, slotId);
  return { reason: objection(), expiresAt: lease.expiresAt };

  function objection(): HeartbeatResponse["reason"] {
    if (lease.expiresAt === null) return "free";
    if (lease.runId !== runId) return "held_by_other_run";
    return lease.leaseState === "expired" ? "expired" : "stale_epoch";
  }
}
