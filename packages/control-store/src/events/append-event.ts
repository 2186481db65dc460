import type { RunEventType, RunId } from "@oroboros/slot-contract";
import { boundedText } from "../bounded-text.ts";
import type { Store } from "../schema.ts";

export interface NewEvent {
  runId: RunId;
  eventType: RunEventType;
  detail: Record<string, unknown>;
}

export const appendEvent = (store: Store, event: NewEvent): Promise<void> => appendEvents(store, [event]);

/** Appends events in their order, all or none. */
export async function appendEvents(store: Store, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  await store
    .insertInto("run_events")
    .values(
      events.map(({ runId, eventType, detail }) => ({
        run_id: runId,
        event_type: eventType,
        detail: JSON.stringify(detail, (_, value: unknown) => (typeof value === "string" ? boundedText(value) : value)),
      })),
    )
    .execute();
}
