import { sql, type RawBuilder } from "kysely";

/** A row of `slot_leases` that nobody holds, that holds nothing of anybody, and that the installation still has. */
export const isGrantable = sql<boolean>`(slot_leases.expires_at is null and slot_leases.quarantined_at is null
  and slot_leases.retired_at is null)`;

/** A slot of the installation, or one that it has no more and that somebody still holds, or left something in. */
export const isInUse = sql<boolean>`(slot_leases.retired_at is null or slot_leases.expires_at is not null
  or slot_leases.quarantined_at is not null)`;

/** An operator's reservation counts for as long as its run is queued, and needs nobody to end it. */
export const isReserved = sql<boolean>`exists (
  select from runs reserver where reserver.run_id = slot_leases.reserved_run_id and reserver.status = 'queued')`;

/** How many slots the queue as a whole can have. */
export const freeSlots = sql<number>`
  (select count(*)::int from slot_leases where ${isGrantable} and not ${isReserved})`;

/** Whether a slot that is reserved for this run can be granted: such a run needs none of the free ones. */
export const hasOwnSlot = (runId: RawBuilder<unknown>): RawBuilder<boolean> => sql<boolean>`exists (
  select from slot_leases where ${isGrantable} and slot_leases.reserved_run_id = ${runId})`;

/**
 * How many queued runs need one of the free slots; with `upTo`, only those that came before that row's `arrival`. Counts to one more
 * than there are free slots and no further: nobody needs to know, and the queue may be long.
 */
export const queuedForFree = (upTo: RawBuilder<unknown> = sql`true`): RawBuilder<number> => sql<number>`
  (select count(*)::int from (select from runs waiting
    where waiting.status = 'queued' and not ${hasOwnSlot(sql`waiting.run_id`)} and ${upTo}
    order by waiting.arrival limit ${freeSlots} + 1) counted)`;
