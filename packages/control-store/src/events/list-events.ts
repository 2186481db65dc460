import type { RunEventType, RunId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

export interface StoredEvent {
  eventId: string;
  runId: RunId;
  eventType: RunEventType;
  detail: Record<string, unknown>;
  createdAt: Date;
}

/** A run's events after `sinceId`, oldest first. */
export async function listEvents(
  store: Store,
  { runId, sinceId, limit }: { runId: RunId; sinceId: string; limit: number },
): Promise<StoredEvent[]> {
  return store
    .selectFrom("run_events")
    .select(["event_id as eventId", "run_id as runId", "event_type as eventType", "detail", "created_at as createdAt"])
    .where("run_id", "=", runId)
    .where("event_id", ">", sinceId)
    .orderBy("event_id")
    .limit(limit)
    .execute();
}
