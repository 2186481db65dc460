import { noteEvidenceRemoved, quarantine } from "@oroboros/control-store";
import { removeTree } from "@oroboros/host";
import { artifactsPath } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { dropKeptLeased } from "../database/kept-database.ts";
import { withFreeSlot } from "../slots/with-free-slot.ts";
import type { ReconcileAction } from "./plan-reconcile.ts";

/**
 * Carries out what was planned, one after the other. One that fails is reported, keeps no other one from being done, and is planned
 * again.
 *
 * @returns how many of each kind were done.
 */
export async function carryOutActions(
  context: Context,
  actions: readonly ReconcileAction[],
): Promise<Partial<Record<ReconcileAction["kind"], number>>> {
  const done: Partial<Record<ReconcileAction["kind"], number>> = {};
  for (const action of actions) {
    try {
      if (!(await carryOut(context, action))) continue;
      context.log.info({ ...action }, "removed what belongs to nobody");
      done[action.kind] = (done[action.kind] ?? 0) + 1;
    } catch (error) {
      context.log.warn({ ...action, err: error }, "what belongs to nobody could not be removed");
    }
  }
  return done;
}

/** False where it was not to be done any more. */
async function carryOut(context: Context, action: ReconcileAction): Promise<boolean> {
  const { contract, store } = context;
  switch (action.kind) {
    case "clean_slot":
      // Nobody is given it from here on, and the cleaning takes a lease of its own.
      return quarantine(store, action.slotId);
    case "drop_kept":
      return dropKept(context, action);
    case "remove_evidence":
      await removeTree(`${artifactsPath(contract)}/${action.runId}`);
      await noteEvidenceRemoved(store, action);
      return true;
    case "remove_packages":
      await context.packages.remove(action.key);
      return true;
    default:
      return action satisfies never;
  }
}

/**
 * Under the very grant that was observed where the slot is held: a publish that began since has taken another one, may want the
 * database back, and ours is refused.
 */
async function dropKept(
  context: Context,
  { slotId, heldUnder }: Extract<ReconcileAction, { kind: "drop_kept" }>,
): Promise<boolean> {
  if (heldUnder !== null) return (await dropKeptLeased(context, { slotId, leaseEpoch: heldUnder })).dropped;
  const dropped = await withFreeSlot(context, slotId, (own) => dropKeptLeased(context, own));
  return dropped?.dropped ?? false;
}
