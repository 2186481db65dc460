import type { RunId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";

/** How one step of a publish ended. */
export interface Check {
  eventType: "step_finished" | "step_failed" | "step_reused";
  detail: Record<string, unknown>;
  createdAt: Date;
}

/** The ended steps of one of a run's publishes, in their order. */
export async function listChecks(store: Store, runId: RunId, attempt: number): Promise<Check[]> {
  const rows = await store
    .selectFrom("run_events")
    .select(["event_type as eventType", "detail", "created_at as createdAt"])
    .where("run_id", "=", runId)
    .where("event_type", "in", ["step_finished", "step_failed", "step_reused"])
    .where(sql<string>`coalesce(detail ->> 'attempt', '1')`, "=", String(attempt))
    .orderBy("event_id")
    .execute();
  return rows as Check[];
}
