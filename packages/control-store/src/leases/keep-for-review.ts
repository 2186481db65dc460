import { REVIEW_TTL_SECONDS, type RunId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { StoreTransaction } from "../schema.ts";

/** Lets a run that somebody decided on keep its slot for a whole review's time from now; never shortens a lease, nor brings one back. */
export async function keepForReview(tx: StoreTransaction, runId: RunId): Promise<void> {
  await sql`
    update slot_leases
    set expires_at = greatest(expires_at, clock_timestamp() + make_interval(secs => ${REVIEW_TTL_SECONDS}))
    where run_id = ${runId} and expires_at > clock_timestamp()`.execute(tx);
}
