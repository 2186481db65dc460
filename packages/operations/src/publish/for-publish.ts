import { findTrace, type LeaseRef } from "@oroboros/control-store";
import type { CommitSha, RunId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { logWith } from "../log-with.ts";

/** The world of one publish: each line of its log says whose it is, and what it starts is told the trace of the request. */
export async function forPublish(
  context: Context,
  { lease, commitSha }: { lease: LeaseRef & { runId: RunId }; commitSha: CommitSha | null },
): Promise<Context> {
  const { runId, slotId } = lease;
  const traceId = await findTrace(context.store, runId);
  const fields = { trace_id: traceId, run_id: runId, slot_id: slotId, commit_sha: commitSha };
  return { ...context, traceId, log: logWith(context.log, fields) };
}
