import type { RunId, SlotId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

export interface AuditEntry {
  /** Its place in the chain. */
  seq: string;
  createdAt: Date;
  principal: string;
  traceId: string | null;
  action: string;
  runId: RunId | null;
  slotId: SlotId | null;
  detail: Record<string, unknown>;
  hash: string;
}

/** The newest entries of the audit log, oldest of them first; those of one run where it is given. */
export async function listAudit(
  store: Store,
  { limit, runId }: { limit: number; runId?: RunId | undefined },
): Promise<AuditEntry[]> {
  const newestFirst = await store
    .selectFrom("audit_log")
    .select([
      "seq",
      "created_at as createdAt",
      "principal",
      "trace_id as traceId",
      "action",
      "run_id as runId",
      "slot_id as slotId",
      "detail",
      "hash",
    ])
    .where("seq", "is not", null)
    .$if(runId !== undefined, (query) => query.where("run_id", "=", runId as RunId))
    .orderBy("seq", "desc")
    .limit(limit)
    .$narrowType<{ seq: string; hash: string }>()
    .execute();
  return newestFirst.reverse();
}
