import { wasResetSince, type Lease } from "@oroboros/control-store";
import type { Context } from "../context.ts";
import type { LivePublish } from "./live-publish.ts";
import type { PreviousPublish } from "./plan-reuse.ts";

/** What has become of the publish that the slot serves. */
export async function observePrevious(context: Context, lease: Lease, live: LivePublish): Promise<PreviousPublish> {
  const [report, databaseWasReset] = await Promise.all([
    context.processes.backend(lease.slotId, "status"),
    wasResetSince(context.store, { runId: lease.runId, attempt: live.attempt }),
  ]);
  const isRunning = report.ok && report.state === "running" && report.worktree_path === live.backend.worktree;
  return { live, backendIsRunning: isRunning, databaseWasReset };
}
