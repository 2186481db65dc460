import type { Context } from "../context.ts";
import { sweepSlots, type SweepReport } from "../slots/sweep-slots.ts";
import { carryOutActions } from "./carry-out-actions.ts";
import { observeEvidence, observeStores } from "./observe-house.ts";
import { observeSlots } from "./observe-slots.ts";
import { observeTraffic } from "./observe-traffic.ts";
import { planHouse, planSlots, type HouseLimits } from "./plan-reconcile.ts";

/**
 * Brings the host in line with the control database: whoever looks at a preview is noted, what no run and no idle slot needs goes from
 * the slots, and then leases and slots are swept. Safe to repeat, and with several workers at once.
 */
export async function reconcileSlots(context: Context, signal?: AbortSignal): Promise<SweepReport> {
  try {
    await observeTraffic(context);
    const { idle, kept } = await observeSlots(context);
    await carryOutActions(context, planSlots(idle, kept));
  } catch (error) {
    context.log.warn({ err: error }, "the slots could not be looked into; the next round tries again");
  }
  return sweepSlots(context, signal);
}

/** Keeps evidence and packages within their ages and sizes. */
export async function keepHouse(context: Context, limits: HouseLimits): Promise<void> {
  const [evidence, stores] = await Promise.all([observeEvidence(context), observeStores(context)]);
  await carryOutActions(context, planHouse({ evidence, stores, now: context.clock.today() }, limits));
}
