import type { SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";
import { grantInTurn } from "./grant-in-turn.ts";

/**
 * Has every slot but these granted to nobody any more; whoever holds one keeps it for its time. A slot that was retired and is among
 * these again is granted again.
 *
 * @returns the slots that were retired now.
 */
export async function retireSlots(store: Store, { keep }: { keep: readonly SlotId[] }): Promise<SlotId[]> {
  return grantInTurn(store, async (tx) => {
    const isKept = sql<boolean>`slot_id = any(${keep}::text[])`;
    await sql`update slot_leases set retired_at = null where retired_at is not null and ${isKept}`.execute(tx);
    const { rows } = await sql<{ slot_id: SlotId }>`
      update slot_leases set retired_at = clock_timestamp(), reserved_run_id = null
      where retired_at is null and not ${isKept} returning slot_id`.execute(tx);
    return rows.map((row) => row.slot_id);
  });
}
