import type { SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { tidySnapshots } from "../database/snapshot-tidy.ts";
import { renewStaleBackends } from "../database/renew-stale-backends.ts";
import { pruneHouse } from "../maintenance/prune-house.ts";
import { cleanSlots } from "../slots/clean-slots.ts";
import { sweepSlots, type SweepReport } from "../slots/sweep-slots.ts";
import { carryOutActions } from "./carry-out-actions.ts";
import { observeSlots } from "./observe-slots.ts";
import { observeTraffic } from "./observe-traffic.ts";
import { planSlots, type HouseLimits } from "./plan-reconcile.ts";
import { restoreLostJobs } from "./restore-lost-jobs.ts";

/**
 * Brings the host in line with the control database: whoever looks at a preview is noted, leases and slots are swept, and then what no
 * run and no idle slot needs goes from the slots. Safe to repeat, and with several workers at once.
 */
export async function reconcileSlots(context: Context, signal?: AbortSignal): Promise<SweepReport> {
  // Before the sweep, which ends the previews that nobody looks at.
  await observeTraffic(context).catch((error: unknown) => {
    context.log.warn({ err: error }, "who looks at previews could not be noted; the next round tries again");
  });
  await tidySnapshots(context).catch((error: unknown) => {
    context.log.warn({ err: error }, "unfinished snapshots could not be looked for; the next round tries again");
  });
  // A host that does not answer keeps no lease from ending and no run from its slot.
  const swept = await sweepSlots(context, signal);
  await restoreLostJobs(context).catch((error: unknown) => {
    context.log.warn(
      { err: error },
      "whether slots still have their jobs could not be seen; the next round tries again",
    );
  });
  await renewStaleBackends(context).catch((error: unknown) => {
    context.log.warn(
      { err: error },
      "whether backends know their databases could not be seen; the next round tries again",
    );
  });
  return { ...swept, cleaned: [...swept.cleaned, ...(await removeStrays(context))] };
}

async function removeStrays(context: Context): Promise<SlotId[]> {
  try {
    const { idle, kept } = await observeSlots(context);
    const { clean_slot: dirty = 0 } = await carryOutActions(context, planSlots(idle, kept));
    return dirty === 0 ? [] : await cleanSlots(context);
  } catch (error) {
    context.log.warn({ err: error }, "the slots could not be looked into; the next round tries again");
    return [];
  }
}

/** Keeps evidence, packages and template databases within their ages and sizes. */
export async function keepHouse(context: Context, limits: HouseLimits): Promise<void> {
  const { templates } = await pruneHouse(context, limits, { dryRun: false });
  if (templates.length > 0) context.log.info({ templates }, "template databases that nobody uses were dropped");
}
