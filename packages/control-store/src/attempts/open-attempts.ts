import type { RunId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";

/** Runs that wait for another publish and have none at work. */
export async function runsToPublishAgain(store: Store): Promise<RunId[]> {
  const { rows } = await sql<{ run_id: RunId }>`
    select run_id from publish_attempts waiting where status = 'requested' and not exists (
      select from publish_attempts working where working.run_id = waiting.run_id and working.status = 'running')
    order by requested_at`.execute(store);
  return rows.map((row) => row.run_id);
}

/** A publish whose worker has not renewed its lease for this long. */
export interface AbandonedAttempt {
  runId: RunId;
  attempt: number;
}

/**
 * Publishes at work that nobody works on any more: the lease was not renewed for `silentSeconds`, or is gone.
 */
export async function abandonedAttempts(store: Store, silentSeconds: number): Promise<AbandonedAttempt[]> {
  const { rows } = await sql<{ run_id: RunId; attempt: number }>`
    select publish_attempts.run_id, attempt from publish_attempts
    left join slot_leases on slot_leases.run_id = publish_attempts.run_id
      and slot_leases.lease_epoch = publish_attempts.lease_epoch
    where status = 'running' and (slot_leases.slot_id is null
      or slot_leases.heartbeat_at < clock_timestamp() - make_interval(secs => ${silentSeconds}))
    order by started_at`.execute(store);
  return rows.map((row) => ({ runId: row.run_id, attempt: row.attempt }));
}
