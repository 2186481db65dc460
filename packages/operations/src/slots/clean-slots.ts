import {
  acquireMaintenanceLease,
  endQuarantine,
  releaseLease,
  slotsToClean,
  type LeaseRef,
} from "@oroboros/control-store";
import { faultPoint } from "@oroboros/host";
import { slotIds, type SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { endsInTime } from "../publish/ends-in-time.ts";
import { clearSlot } from "./clear-slot.ts";
import { endMaintenance } from "./end-maintenance.ts";
import { wakeRuns } from "./wake-queue.ts";

const CLEAN_TTL_SECONDS = 30;
/** Processes are killed and files removed in far less; what hangs is left to the next round, which fences it off. */
const CLEAN_LIMIT_MS = 20_000;

/**
 * Empties the slots that runs have left, all at once, and wakes a run for each as soon as it is clean. A slot that can not be emptied
 * stays in quarantine, is reported, and keeps no other one from being cleaned. Never rejects.
 *
 * @returns the slots that are clean now.
 */
export async function cleanSlots(context: Context): Promise<SlotId[]> {
  const all = await slotsToClean(context.store).catch((error: unknown) => {
    context.log.error({ err: error }, "which slots are to be cleaned could not be read; the next round tries again");
    return [];
  });
  // Of a slot that this host has no more there is nobody to clean it.
  const slots = all.filter((slot) => slotIds(context.contract).includes(slot));
  const cleaned = await Promise.all(slots.map((slot) => clean(context, slot)));
  return slots.filter((_slot, index) => cleaned[index]);
}

async function clean(context: Context, slot: SlotId): Promise<boolean> {
  try {
    if (!(await cleanSlot(context, slot))) return false;
    await endsInTime(context, AbortSignal.timeout(CLEAN_LIMIT_MS), wakeNext(context));
    return true;
  } catch (error) {
    context.log.error(
      { err: error, slot_id: slot },
      "a slot could not be cleaned, or nobody be woken for it; the next round tries again",
    );
    return false;
  }
}

async function wakeNext(context: Context): Promise<void> {
  await faultPoint("clean.after_commit");
  await wakeRuns(context);
}

/**
 * Empties one slot that is in quarantine, under a lease of its own: whatever its last run still does is refused from here on.
 *
 * @returns false where it is not in quarantine, or somebody else is at it.
 * @throws OperatorError `stale_lease`, `reset_failed`, `unreachable`; the slot stays in quarantine.
 */
async function cleanSlot(context: Context, slot: SlotId): Promise<boolean> {
  const { store, workerId } = context;
  const lease = await acquireMaintenanceLease(store, slot, CLEAN_TTL_SECONDS, { quarantined: true, workerId });
  if (lease === undefined) return false;
  const startedAt = context.clock.now();
  try {
    await endsInTime(context, AbortSignal.timeout(CLEAN_LIMIT_MS), emptyUnder(context, lease));
  } catch (error) {
    await endMaintenance(context, lease);
    throw error;
  }
  context.log.info({ slot_id: slot, ms: Math.round(context.clock.now() - startedAt) }, "a slot was cleaned");
  return true;
}

async function emptyUnder(context: Context, lease: LeaseRef): Promise<void> {
  await faultPoint("clean.before_clear");
  await clearSlot(context, lease);
  await faultPoint("clean.after_clear");
  await declareClean(context, lease);
}

/** Free and clean are one fact: no run is given the slot before it is both. */
async function declareClean({ store }: Context, lease: LeaseRef): Promise<void> {
  await store.transaction().execute(async (tx) => {
    await endQuarantine(tx, lease);
    await releaseLease(tx, lease, { clean: true });
    await faultPoint("clean.before_commit");
  });
}
