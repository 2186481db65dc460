import { RUN_EVENT_TYPES, type RunEvent, type RunId } from "@oroboros/slot-contract";
import type { ApiClient } from "./api-client.ts";
import { plain, table } from "./table.ts";

/** Every event of a run, or those after `sinceId`, oldest first, page by page. */
export async function readEvents(api: ApiClient, runId: RunId, sinceId = "0"): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for (;;) {
    const page = await api.listEvents(runId, events.at(-1)?.event_id ?? sinceId);
    if (page.length === 0) return events;
    events.push(...page);
  }
}

export function eventTable(events: readonly RunEvent[]): string {
  return table(
    ["time", "event", "detail"],
    events.map(({ created_at, event_type, detail }) => [created_at, event_type, detailOf(detail)]),
  );
}

/** One event by itself: where more follow, nobody knows how wide the columns are going to be. */
export const eventLine = ({ created_at, event_type, detail }: RunEvent): string =>
  plain([created_at, event_type.padEnd(EVENT_WIDTH), detailOf(detail)].join("  ")).trimEnd();

const EVENT_WIDTH = Math.max(...RUN_EVENT_TYPES.map((type) => type.length));

const detailOf = (detail: RunEvent["detail"]): string =>
  Object.entries(detail)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
