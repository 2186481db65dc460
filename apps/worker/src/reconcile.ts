import { sweepSlots, type Context } from "@oroboros/operations";

const underWay = new WeakMap<Context, { again: boolean }>();

/**
 * One round of the reconciler. Asked for while one is under way, it returns at once and that one adds another: a round can take
 * seconds, and whoever asks may be keeping a waiting run from its turn. A round that fails is reported and tried again: Postgres or
 * the supervisor may be restarting.
 */
export async function reconcile(context: Context, signal?: AbortSignal): Promise<void> {
  const other = underWay.get(context);
  if (other !== undefined) {
    other.again = true;
    return;
  }
  const round = { again: true };
  underWay.set(context, round);
  while (round.again) {
    round.again = false;
    await sweep(context, signal);
  }
  underWay.delete(context);
}

async function sweep(context: Context, signal: AbortSignal | undefined): Promise<void> {
  try {
    const swept = await sweepSlots(context, signal);
    if (swept.expired.length + swept.restored.length > 0) context.log.info(swept, "slots brought back in line");
  } catch (error) {
    context.log.error({ err: error }, "the reconciler failed; it tries again at the next round");
  }
}
