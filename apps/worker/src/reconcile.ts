import { sweepSlots, type Context } from "@oroboros/operations";

/** A round that takes longer waits for something that may never come; the next one begins without it. */
const ROUND_LIMIT_MS = 300_000;

type Sweep = typeof sweepSlots;

const underWay = new WeakMap<Context, { next: Sweep | undefined }>();

/**
 * One round of the reconciler. Asked for while one is under way, it returns at once and that one adds another: a round can take
 * seconds, and whoever asks may be keeping a waiting run from its turn. One more is enough for all who asked, if it is the whole one
 * where any of them wants that. A round that fails is reported and tried again: Postgres or the supervisor may be restarting.
 */
export async function reconcile(context: Context, signal?: AbortSignal, sweep: Sweep = sweepSlots): Promise<void> {
  const other = underWay.get(context);
  if (other !== undefined) {
    other.next = stronger(other.next, sweep);
    return;
  }
  const round: { next: Sweep | undefined } = { next: sweep };
  underWay.set(context, round);
  while (round.next !== undefined) {
    const { next } = round;
    round.next = undefined;
    await within(context, attempt(context, signal, next));
  }
  underWay.delete(context);
}

/** Whatever else is asked for does all that a sweep of the slots does. */
const stronger = (one: Sweep | undefined, other: Sweep): Sweep =>
  one === undefined || one === sweepSlots ? other : one;

async function attempt(context: Context, signal: AbortSignal | undefined, sweep: Sweep): Promise<void> {
  try {
    const { woken, ...swept } = await sweep(context, signal);
    if (Object.values(swept).flat().length > 0) context.log.info({ ...swept, woken }, "slots brought back in line");
  } catch (error) {
    context.log.error({ err: error }, "the reconciler failed; it tries again at the next round");
  }
}

async function within({ clock, log }: Context, round: Promise<void>): Promise<void> {
  const over = new AbortController();
  const limit = clock.sleep(ROUND_LIMIT_MS, over.signal).then(() => over.signal.aborted);
  const isInTime = await Promise.race([round.then(() => true), limit]);
  over.abort();
  if (!isInTime) log.error({ limit_ms: ROUND_LIMIT_MS }, "a round of the reconciler does not end; going on without it");
}
