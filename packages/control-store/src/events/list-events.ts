import type { RunEventType, RunId, RunState } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

export interface StoredEvent {
  eventId: string;
  runId: RunId;
  eventType: RunEventType;
  detail: Record<string, unknown>;
  createdAt: Date;
}

export interface EventRange {
  runId: RunId;
  sinceId: string;
  limit: number;
  order?: "asc" | "desc";
}

/** A run's events after `sinceId`, oldest first or newest first. Whoever has read one has read every event before it. */
export async function listEvents(
  store: Store,
  { runId, sinceId, limit, order = "asc" }: EventRange,
): Promise<StoredEvent[]> {
  return store
    .selectFrom("run_events")
    .select(["event_id as eventId", "run_id as runId", "event_type as eventType", "detail", "created_at as createdAt"])
    .where("run_id", "=", runId)
    .where("event_id", ">", sinceId)
    .orderBy("event_id", order)
    .limit(limit)
    .execute();
}

/**
 * The same, with the state the run had before they were read: where that is terminal and nothing was read, the reader has the
 * event that ended the run. Undefined for a run that does not exist.
 */
export async function readOn(
  store: Store,
  range: EventRange,
): Promise<{ status: RunState; events: StoredEvent[] } | undefined> {
  const run = await store.selectFrom("runs").select("status").where("run_id", "=", range.runId).executeTakeFirst();
  return run && { status: run.status, events: await listEvents(store, range) };
}
