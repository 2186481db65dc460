import type { SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { RESET_AUDITED, resetCopy } from "./reset-copy.ts";
import type { Store } from "../schema.ts";

export interface ChangedReset {
  resetId: string;
  slotId: SlotId;
  /** Of the provenance row, as against its copy in the audit log. */
  change: "edited" | "inserted" | "removed";
}

/** As many as are told at once. */
const LIMIT = 50;

/**
 * The provenance rows that are not what the audit log says was written, newest first. Whether the log is as it was written itself is
 * for `verifyAudit` to say.
 */
export async function findChangedResets(store: Store): Promise<ChangedReset[]> {
  const { rows } = await sql<ChangedReset>`
    with copied as (
      select (detail ->> 'reset_id')::bigint as reset_id, slot_id, detail from audit_log where action = ${RESET_AUDITED}
    )
    select coalesce(reset.reset_id, copied.reset_id)::text as "resetId",
      coalesce(reset.slot_id, copied.slot_id) as "slotId",
      case when copied.reset_id is null then 'inserted' when reset.reset_id is null then 'removed' else 'edited' end as change
    from preview_db_resets reset full join copied on copied.reset_id = reset.reset_id
    where ${resetCopy(sql`reset`)} is distinct from copied.detail
    order by coalesce(reset.reset_id, copied.reset_id) desc limit ${LIMIT}`.execute(store);
  return rows;
}
