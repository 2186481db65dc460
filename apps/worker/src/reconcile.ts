import { sweepSlots, type Context } from "@oroboros/operations";

/** One round of the reconciler. A round that fails is reported and tried again: Postgres or the supervisor may be restarting. */
export async function reconcile(context: Context): Promise<void> {
  try {
    const swept = await sweepSlots(context);
    if (swept.expired.length + swept.cleared.length > 0) context.log.info(swept, "slots brought back in line");
  } catch (error) {
    context.log.error({ err: error }, "the reconciler failed; it tries again at the next round");
  }
}
