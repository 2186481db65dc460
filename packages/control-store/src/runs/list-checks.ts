import type { RunId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";

/** How one step of a publish ended. */
export interface Check {
  eventType: "step_finished" | "step_failed" | "step_reused";
  detail: Record<string, unknown>;
  createdAt: Date;
}

/**
 * The ended steps of one of a run's publishes, in their order. A publish that another worker went on with has a step twice: what
 * counts is how it ended last.
 */
export async function listChecks(store: Store, runId: RunId, attempt: number): Promise<Check[]> {
  const { rows } = await sql<Check>`
    select "eventType", detail, "createdAt" from (
      select distinct on (detail ->> 'step') event_id, event_type as "eventType", detail, created_at as "createdAt"
      from run_events
      where run_id = ${runId} and event_type in ('step_finished', 'step_failed', 'step_reused')
        and coalesce(detail ->> 'attempt', '1') = ${String(attempt)}
      order by detail ->> 'step', event_id desc
    ) as last order by event_id`.execute(store);
  return rows;
}
