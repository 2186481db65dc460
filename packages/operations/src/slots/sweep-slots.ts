import { evictIdlePreviews, expireLeases, slotsToRestore, type LeaseRef } from "@oroboros/control-store";
import { faultPoint } from "@oroboros/host";
import { OperatorError, type SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { warmSpare } from "../database/warm-spare.ts";
import { readBaseTemplate } from "../git/base-template.ts";
import { cleanSlots } from "./clean-slots.ts";
import { restoreIdleSlot } from "./restore-idle-slot.ts";
import { wakeRuns } from "./wake-queue.ts";

export interface SweepReport {
  expired: SlotId[];
  evicted: SlotId[];
  cleaned: SlotId[];
  restored: SlotId[];
  woken: number;
}

/**
 * Brings the host back in line with the control database: expired leases end their runs, previews that nobody looks at make room,
 * slots that runs have left are cleaned, waiting runs are started, and then slots that nobody took are restored to what an idle slot
 * is, for as long as the signal does not abort. Safe to repeat, and with several workers at once.
 */
export async function sweepSlots(context: Context, signal?: AbortSignal): Promise<SweepReport> {
  const expired = (await expire(context)).map(({ slotId }) => slotId);
  if (expired.length > 0) await faultPoint("reap.after_commit");
  const { evicted } = await evictIdlePreviews(context.store);
  // A slot that does not get clean keeps no run from one that is free.
  const cleaning = cleanSlots(context);
  const woken = await wakeRuns(context);
  const cleaned = await cleaning;
  return { expired, evicted, cleaned, restored: await restoreIdleSlots(context, signal), woken };
}

function expire({ store }: Context): Promise<LeaseRef[]> {
  return store.transaction().execute(async (tx) => {
    const expired = await expireLeases(tx);
    if (expired.length > 0) await faultPoint("reap.before_commit");
    return expired;
  });
}

/** One after the other: each starts a process or two, and whoever publishes meanwhile would wait for more. */
async function restoreIdleSlots(context: Context, signal: AbortSignal | undefined): Promise<SlotId[]> {
  const tried = new Set<SlotId>();
  const restored: SlotId[] = [];
  for (;;) {
    if (signal?.aborted === true) return restored;
    const slot = (await slotsToRestore(context.store)).find((each) => !tried.has(each));
    if (slot === undefined) return restored;
    tried.add(slot);
    if (await restore(context, slot, signal)) restored.push(slot);
  }
}

/** One slot that can not be restored keeps no other one from it. */
async function restore(context: Context, slot: SlotId, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    if ((await restoreIdleSlot(context, slot)) !== "restored") return false;
    await prepareNext(context, slot, signal);
    return true;
  } catch (error) {
    context.log.error({ err: error, slot_id: slot }, "an idle slot could not be restored; the next round tries again");
    return false;
  }
}

/** The next run's database, made while nobody waits for it. */
async function prepareNext(context: Context, slot: SlotId, signal: AbortSignal | undefined): Promise<void> {
  try {
    await warmSpare(context, slot, await readBaseTemplate(context.source, "latest"), signal);
  } catch (error) {
    // Main can not be a base as it stands, which the next publish will say.
    if (!(error instanceof OperatorError)) throw error;
  }
}
