import type { RunId } from "@oroboros/slot-contract";
import type { ApiClient } from "./api-client.ts";
import type { CommandOutcome } from "./command.ts";
import { describeWithList } from "./table.ts";

/** What a command would do to a run that is there, and what the run is now. */
export async function planRunAction(api: ApiClient, runId: RunId, plan: readonly string[]): Promise<CommandOutcome> {
  const { status, commit_sha, slot_id } = await api.showRun(runId);
  const fields = { dry_run: true, run_id: runId, status, commit_sha, slot_id, plan };
  return { ok: true, fields, text: describeWithList(fields, plan) };
}
