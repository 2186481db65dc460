import type { RunEventType, RunId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

export async function appendEvent(
  store: Store,
  event: { runId: RunId; eventType: RunEventType; detail: Record<string, unknown> },
): Promise<void> {
  await store
    .insertInto("run_events")
    .values({ run_id: event.runId, event_type: event.eventType, detail: JSON.stringify(event.detail) })
    .execute();
}
