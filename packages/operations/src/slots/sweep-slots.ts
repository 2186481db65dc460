import { findRun, reapExpiredLeases, slotsToRestore, transitionRun } from "@oroboros/control-store";
import { canTransition, OperatorError, type SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { warmSpare } from "../database/warm-spare.ts";
import { readBaseTemplate } from "../git/base-template.ts";
import { restoreIdleSlot } from "./restore-idle-slot.ts";
import { wakeRuns } from "./wake-queue.ts";

/** Each starts a process or two: more at once would be slower for whoever publishes meanwhile. */
const RESTORED_AT_ONCE = 2;

/**
 * Brings the host back in line with the control database: expired leases end their runs, waiting runs are started, and then slots
 * that nobody took are restored to what an idle slot is. Safe to repeat, and with several workers at once.
 */
export async function sweepSlots(context: Context): Promise<{ expired: SlotId[]; restored: SlotId[]; woken: number }> {
  const expired = await expireLeases(context);
  const woken = await wakeRuns(context);
  return { expired, restored: await restoreIdleSlots(context), woken };
}

async function expireLeases(context: Context): Promise<SlotId[]> {
  return context.store.transaction().execute(async (tx) => {
    const reaped = await reapExpiredLeases(tx);
    for (const { runId } of reaped) {
      const run = runId === null ? undefined : await findRun(tx, runId);
      if (run === undefined || !canTransition(run.status, "expired")) continue;
      await transitionRun(tx, { runId: run.runId, to: "expired", reasonCode: "PREVIEW_EXPIRED" });
    }
    return reaped.map(({ slotId }) => slotId);
  });
}

async function restoreIdleSlots(context: Context): Promise<SlotId[]> {
  const waiting = await slotsToRestore(context.store);
  const restored: SlotId[] = [];
  const lane = async (): Promise<void> => {
    for (let slot = waiting.shift(); slot !== undefined; slot = waiting.shift()) {
      if (await restore(context, slot)) restored.push(slot);
    }
  };
  await Promise.all(Array.from({ length: RESTORED_AT_ONCE }, lane));
  return restored;
}

/** One slot that can not be restored keeps no other one from it. */
async function restore(context: Context, slot: SlotId): Promise<boolean> {
  try {
    if ((await restoreIdleSlot(context, slot)) !== "restored") return false;
    await prepareNext(context, slot);
    return true;
  } catch (error) {
    context.log.error({ err: error, slot_id: slot }, "an idle slot could not be restored; the next round tries again");
    return false;
  }
}

/** The next run's database, made while nobody waits for it. */
async function prepareNext(context: Context, slot: SlotId): Promise<void> {
  try {
    await warmSpare(context, slot, await readBaseTemplate(context.source, "latest"));
  } catch (error) {
    // Main can not be a base as it stands, which the next publish will say.
    if (!(error instanceof OperatorError)) throw error;
  }
}
