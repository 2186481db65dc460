import type { Lease } from "@oroboros/control-store";
import type { TemplateSource } from "@oroboros/db-safety";
import { faultPoint } from "@oroboros/host";
import { OperatorError } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { dropKeptLeased } from "../database/kept-database.ts";
import { warmSpare } from "../database/warm-spare.ts";

/**
 * Drops the database that a publish which passed took the place of, and prepares the slot's next one. The publish is over: what
 * fails here is only logged, and the next publish sees to it.
 */
export async function tidyUp(context: Context, lease: Lease, base: TemplateSource): Promise<void> {
  try {
    await dropKeptLeased(context, lease);
    await faultPoint("republish.after_drop_kept");
  } catch (error) {
    const isNextAtWork = error instanceof OperatorError && error.code === "stale_lease";
    if (!isNextAtWork) {
      const told = { err: error, run_id: lease.runId, slot_id: lease.slotId };
      context.log.warn(told, "the database before this publish could not be dropped");
    }
  }
  await warmSpare(context, lease.slotId, base);
}
