import {
  isTerminal,
  RUN_STATES,
  type HeartbeatResponse,
  type LeaseEpoch,
  type RunId,
  type RunState,
  type SlotId,
} from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";
import { findLease } from "./find-lease.ts";

/** Where an agent is at work. A review's time is a person's to extend. */
const WORKING: readonly RunState[] = ["planning", "editing", "testing"];
const ENDED = RUN_STATES.filter(isTerminal);

/**
 * Extends the lease of a run that says so itself while it is being worked on; in any other state it is only noted. Never shortens
 * a lease. It is no sign of life of a worker, and so is noted apart from theirs. A run that has ended holds nothing.
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
        expires_at = case when runs.status in (${sql.join(WORKING)})
          then greatest(expires_at, clock_timestamp() + make_interval(secs => ${ttlSeconds})) else expires_at end
    from runs
    where slot_id = ${slotId} and slot_leases.run_id = ${runId} and expires_at > clock_timestamp() and ${isSameGrant}
      and runs.run_id = slot_leases.run_id and runs.status not in (${sql.join(ENDED)})
    returning expires_at`.execute(store);
  const [row] = rows;
  if (row !== undefined) return { reason: "updated", expiresAt: row.expires_at };
  const lease = await findLease(store, slotId);
  if (lease.runId === runId && lease.runStatus !== null && isTerminal(lease.runStatus)) {
    return { reason: "free", expiresAt: null };
  }
  return { reason: objection(), expiresAt: lease.expiresAt };

  function objection(): HeartbeatResponse["reason"] {
    if (lease.expiresAt === null) return "free";
    if (lease.runId !== runId) return "held_by_other_run";
    return lease.leaseState === "expired" ? "expired" : "stale_epoch";
  }
}
