import type { Context } from "../context.ts";

/** A signal that aborts with its parent, and with `reason` once the time is over. Call `stop` when the work has ended. */
export function timeLimit(
  { clock }: Pick<Context, "clock">,
  { parent, ms, reason }: { parent: AbortSignal; ms: number; reason: () => Error },
): { signal: AbortSignal; stop(): void } {
  const over = new AbortController();
  const stopped = new AbortController();
  void clock.sleep(ms, stopped.signal).then(() => stopped.signal.aborted || over.abort(reason()));
  return { signal: AbortSignal.any([parent, over.signal]), stop: () => stopped.abort() };
}
