import type { RunId } from "@oroboros/slot-contract";
import type { StoreTransaction } from "../schema.ts";
import { sql } from "kysely";

/** Whether a run holds a lease that is still obeyed. It stays so only as long as the caller has the run's row locked, and it lasts. */
export async function holdsSlot(tx: StoreTransaction, runId: RunId): Promise<boolean> {
  const { rows } = await sql`
    select from slot_leases where run_id = ${runId} and expires_at > clock_timestamp()`.execute(tx);
  return rows.length === 1;
}
