import type { RunEvent, RunId } from "@oroboros/slot-contract";
import type { ApiClient } from "./api-client.ts";
import { table } from "./table.ts";

/** Every event of a run, oldest first, page by page. */
export async function readEvents(api: ApiClient, runId: RunId): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for (;;) {
    const page = await api.listEvents(runId, events.at(-1)?.event_id ?? "0");
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

const detailOf = (detail: RunEvent["detail"]): string =>
  Object.entries(detail)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
