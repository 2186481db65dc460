import type { RunId } from "@oroboros/slot-contract";
import type { Store } from "../schema.ts";

/** The trace id of the request that asked for the run's last publish; the run's own id where that brought none. */
export async function findTrace(store: Store, runId: RunId): Promise<string> {
  const asked = await store
    .selectFrom("audit_log")
    .select("trace_id")
    .where("run_id", "=", runId)
    .where("action", "in", ["run_created", "publish_requested"])
    .orderBy("audit_id", "desc")
    .limit(1)
    .executeTakeFirst();
  return asked?.trace_id ?? runId;
}
