import type { Context } from "../context.ts";

/** What is told to end is given this long: steps are killed and statements canceled within less. */
const GRACE_MS = 10_000;

/** Work that was told to end and did not: what it waits for may never come, and what it still does is fenced off. */
export class Abandoned extends Error {
  override readonly name = "Abandoned";
}

/**
 * What `work` comes to.
 *
 * @throws Abandoned where it has not ended a while after the signal aborted.
 */
export async function endsInTime<T>(
  { clock }: Pick<Context, "clock">,
  signal: AbortSignal,
  work: Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const late = giveUp();
  for (const promise of [work, late]) promise.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }

  async function giveUp(): Promise<never> {
    await aborted(AbortSignal.any([signal, over.signal]));
    await clock.sleep(GRACE_MS, over.signal);
    throw new Abandoned("It was told to end and did not.", { cause: signal.reason });
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
