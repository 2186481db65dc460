import { wasResetSince, type Lease } from "@oroboros/control-store";
import type { Context } from "../context.ts";
import { isBackendStale } from "../database/renew-stale-backends.ts";
import type { LivePublish } from "./live-publish.ts";
import type { PreviousPublish } from "./plan-reuse.ts";

/** What has become of the publish that the slot serves. */
export async function observePrevious(context: Context, lease: Lease, live: LivePublish): Promise<PreviousPublish> {
  const [report, isStale, databaseWasReset] = await Promise.all([
    context.processes.backend(lease.slotId, "status"),
    isBackendStale(context, lease.slotId),
    wasResetSince(context.store, { runId: lease.runId, attempt: live.attempt }),
  ]);
  const isRunning =
    report.ok && report.state === "running" && report.worktree_path === live.backend.worktree && !isStale;
  return { live, backendIsRunning: isRunning, databaseWasReset };
}
