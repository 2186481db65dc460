import type { RunId, SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";
import { selectResets, type RecordedReset } from "./list-resets.ts";

/**
 * The last reset of a run's database for which somebody said what it is to start from, as far as it succeeded: by the allocation or by
 * hand. A publish says nothing of its own.
 */
export function findChosenReset(
  store: Store,
  { runId, slotId }: { runId: RunId; slotId: SlotId },
): Promise<RecordedReset | undefined> {
  return selectResets(store)
    .where("slot_id", "=", slotId)
    .where("run_id", "=", runId)
    .where("reset_status", "=", "succeeded")
    .where(sql<boolean>`details -> 'chosen' = 'true'`)
    .orderBy("reset_id", "desc")
    .limit(1)
    .executeTakeFirst();
}
