import type { SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";

/** Held by whoever works on the slot's databases. */
export const slotLock = (slot: SlotId) => sql`pg_catalog.hashtextextended(${sql.lit(`oroboros:reset:${slot}`)}, 0)`;
