import type { RunId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";

/** Whether the run's slot was given another database after one of the run's publishes had ended. */
export async function wasResetSince(
  store: Store,
  { runId, attempt }: { runId: RunId; attempt: number },
): Promise<boolean> {
  const { rows } = await sql`
    select from preview_db_resets
    join publish_attempts on publish_attempts.slot_id = preview_db_resets.slot_id
    where publish_attempts.run_id = ${runId} and attempt = ${attempt}
      and reset_status = 'succeeded' and preview_db_resets.created_at > finished_at limit 1`.execute(store);
  return rows.length > 0;
}
