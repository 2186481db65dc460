import { isTerminal, type RunId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

/** When each of these runs ended; null for one that has not. A run that does not exist is left out. */
export async function findRunEnds(store: Store, runIds: readonly RunId[]): Promise<Map<RunId, Date | null>> {
  if (runIds.length === 0) return new Map();
  const rows = await store
    .selectFrom("runs")
    .select(["run_id", "status", "updated_at"])
    .where("run_id", "in", [...runIds])
    .execute();
  return new Map(rows.map((row) => [row.run_id, isTerminal(row.status) ? row.updated_at : null]));
}

/** Writes down that an ended run's evidence was removed. */
export async function noteEvidenceRemoved(
  store: Store,
  { runId, why, bytes }: { runId: RunId; why: string; bytes: number },
): Promise<void> {
  const detail = JSON.stringify({ why, bytes });
  await store
    .insertInto("audit_log")
    .values({ action: "evidence_removed", run_id: runId, slot_id: null, detail })
    .execute();
}
