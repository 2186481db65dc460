import { findLiveAttempt, listAttempts, listSlots, standsIdle, type SlotLease } from "@oroboros/control-store";
import { MAX_JOB_BYTES, readConfinedText } from "@oroboros/host";
import { backendJobFile, type SlotId, type SlotJob } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import type { LivePublish } from "../publish/live-publish.ts";
import { startJob } from "../publish/start-job.ts";
import { idleJob } from "../slots/idle-job.ts";
import { withFreeSlot } from "../slots/with-free-slot.ts";

/**
 * Hands backends their jobs again and starts them, where the host has lost what they are to run: job files lie below `/run`, which is
 * empty after a boot (file-hierarchy(7)), and they hold a secret that is kept nowhere else. A slot whose database or worktree is still to
 * be made is somebody else's to make.
 */
export async function restoreLostJobs(context: Context): Promise<SlotId[]> {
  const restored: SlotId[] = [];
  for (const lease of await listSlots(context.store)) {
    if (await hasJob(context, lease.slotId)) continue;
    if (await restore(context, lease)) restored.push(lease.slotId);
  }
  if (restored.length > 0) context.log.info({ slots: restored }, "backends were started again, whose jobs were lost");
  return restored;
}

/** Whatever is in it: a job that is broken was not lost. */
const hasJob = async ({ contract }: Context, slot: SlotId): Promise<boolean> =>
  (await readConfinedText(backendJobFile(contract, slot), { maxBytes: MAX_JOB_BYTES })) !== undefined;

async function restore(context: Context, lease: SlotLease): Promise<boolean> {
  const { slotId: slot, runId, leaseState } = lease;
  if (leaseState === "free") {
    if (!(await standsIdle(context.store, slot))) return false;
    const started = await withFreeSlot(context, slot, (own) => start(context, own, idleJob(context.contract, slot)));
    return started === true;
  }
  if (leaseState !== "held" || runId === null) return false;
  const attempts = await listAttempts(context.store, runId);
  if (attempts.some(({ status }) => status === "running" || status === "requested")) return false;
  const live = (await findLiveAttempt(context.store, runId))?.live as LivePublish | null | undefined;
  return live === null || live === undefined
    ? false
    : start(context, lease, { ...live.backend.job, health: live.backend.health });
}

async function start(context: Context, lease: Parameters<typeof startJob>[1], job: SlotJob): Promise<boolean> {
  const report = await startJob(context, lease, job);
  if (!report.ok) context.log.warn({ slot_id: lease.slotId, code: report.error.code }, "a backend did not come back");
  return report.ok;
}
