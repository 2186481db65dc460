import type { RunId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { hasNoWorker } from "../presence/has-no-worker.ts";
import type { Store } from "../schema.ts";

/** Runs that wait for another publish and have none at work, in the order of asking. */
export async function runsToPublishAgain(store: Store): Promise<RunId[]> {
  const { rows } = await sql<{ run_id: RunId }>`
    select run_id from publish_attempts waiting where status = 'requested' and not exists (
      select from publish_attempts working where working.run_id = waiting.run_id and working.status = 'running')
    order by requested_at`.execute(store);
  return rows.map((row) => row.run_id);
}

/** Runs whose publish nobody works on any more: its worker is dead, or did not renew the lease for `silentSeconds`. */
export async function runsWithoutWorker(store: Store, silentSeconds: number): Promise<RunId[]> {
  const { rows } = await sql<{ run_id: RunId }>`
    select publish_attempts.run_id from publish_attempts
    join slot_leases on slot_leases.run_id = publish_attempts.run_id
    where status = 'running' and ${isSilent(silentSeconds)} order by started_at`.execute(store);
  return rows.map((row) => row.run_id);
}

/** A lease that was let go has no heartbeat at all. */
export const isSilent = (silentSeconds: number): ReturnType<typeof sql<boolean>> => sql<boolean>`
  (coalesce(slot_leases.heartbeat_at, '-infinity') < clock_timestamp() - make_interval(secs => ${silentSeconds}) or ${hasNoWorker})`;
