import { appendEvent, type LeaseRef } from "@oroboros/control-store";
import { faultPoint, removeTree, swapSymlink } from "@oroboros/host";
import { OperatorError, publishSurface, publishWorktree, surfaceLink, type SlotId } from "@oroboros/slot-contract";
import { restoreKeptLeased } from "../database/kept-database.ts";
import type { Context } from "../context.ts";
import type { PublishTask } from "./publish-task.ts";
import type { LivePublish } from "./live-publish.ts";
import { pointAtWorktree } from "./point-at-worktree.ts";
import { removeWorktrees } from "./remove-worktrees.ts";
import { startJob } from "./start-job.ts";
import { underLease } from "./step-context.ts";

/**
 * Puts back what was live before a publish that failed: surface, worktree and database, and the backend where it is not the one
 * that runs. Safe to repeat.
 *
 * @throws OperatorError `stale_lease`; `backend_not_started` where the old backend does not come back.
 */
export async function revertPublish(
  context: Context,
  task: Pick<PublishTask, "lease" | "attempt">,
  live: LivePublish,
  { isRepeated = false }: { isRepeated?: boolean } = {},
): Promise<void> {
  const { lease, attempt } = task;
  const { contract, clock } = context;
  const { slotId: slot, runId } = lease;
  const startedAt = clock.now();
  await underLease({ context, lease }, async (tx) => {
    await swapSymlink({ target: live.frontend.surface, link: surfaceLink(contract, slot) });
    await pointAtWorktree({ context, lease, runId }, tx, { commitSha: live.commitSha, path: live.worktree });
  });
  await faultPoint("revert.after_surface");
  const isRunning = await runsStill(context, slot, live);
  if (!isRunning) await context.processes.backend(slot, "stop", { leaseEpoch: lease.leaseEpoch });
  const { restored } = await restoreKeptLeased(context, lease);
  await faultPoint("revert.after_database");
  if (restored || !isRunning) await startAgain(context, lease, live);
  await faultPoint("revert.after_restart");
  const target = { slot, runId, attempt };
  await removeWorktrees(context, lease, [publishWorktree(contract, target)]);
  await underLease({ context, lease }, () => removeTree(publishSurface(contract, target)));
  await faultPoint("revert.after_removal");
  // What was put back before is only told again where it had not stayed.
  if (isRepeated && isRunning && !restored) return;
  const detail = {
    attempt,
    to_attempt: live.attempt,
    ms: Math.round(clock.now() - startedAt),
    database_restored: restored,
    backend_restarted: restored || !isRunning,
  };
  await appendEvent(context.store, { runId, eventType: "publish_reverted", detail });
}

async function runsStill(context: Context, slot: SlotId, live: LivePublish): Promise<boolean> {
  const report = await context.processes.backend(slot, "status");
  return report.ok && report.state === "running" && report.worktree_path === live.backend.worktree;
}

async function startAgain(context: Context, lease: LeaseRef, { backend }: LivePublish): Promise<void> {
  const { job, health, readyTimeoutSeconds } = backend;
  const report = await startJob(context, lease, { ...job, health }, { healthTimeoutMs: readyTimeoutSeconds * 1000 });
  if (!report.ok) throw new OperatorError("backend_not_started", report.error.message, { hint: report.error.hint });
}
