import { sql } from "kysely";
import type { Lease } from "../leases/lease-ref.ts";
import type { Store } from "../schema.ts";

/** Whether the database server was started again since a publish began under this grant: what failed may have failed by that. */
export async function wasServerRestarted(
  store: Store,
  { runId, leaseEpoch }: Pick<Lease, "runId" | "leaseEpoch">,
): Promise<boolean> {
  const { rows } = await sql`
    select from publish_attempts where run_id = ${runId} and lease_epoch = ${leaseEpoch} and status = 'running'
      and started_at < pg_postmaster_start_time()`.execute(store);
  return rows.length > 0;
}
