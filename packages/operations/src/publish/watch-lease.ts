import { holdsLease, renewLease, type Lease } from "@oroboros/control-store";
import { LEASE_TTL_SECONDS } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { outOfTime } from "./refuse-hopeless.ts";

export const LOOK_INTERVAL_MS = 200;
/** Looking reads one row by its key; renewing writes it. */
const LOOKS_PER_RENEWAL = 5;

/**
 * Keeps the lease while a publish works, and aborts the publish once the lease is gone: a canceled run stops within a fraction of
 * a second, in the middle of a step. A database that does not answer has not taken the lease away; that only time can do. Once
 * `remainingMs` are over, the publish is aborted with `step_timed_out`, and the lease renewed no more.
 */
export function watchLease(
  context: Pick<Context, "store" | "clock" | "log" | "runTimeoutSeconds">,
  lease: Lease,
  parent: AbortSignal,
  remainingMs: number | null = null,
): { signal: AbortSignal; stop(): void } {
  const lost = new AbortController();
  const stopped = new AbortController();
  const watching = AbortSignal.any([parent, stopped.signal]);
  void lookUntilLost().catch((error: unknown) => lost.abort(error));
  return { signal: AbortSignal.any([parent, lost.signal]), stop: () => stopped.abort() };

  async function lookUntilLost(): Promise<void> {
    const expiresAfterMs = LEASE_TTL_SECONDS * 1_000;
    const startedAt = context.clock.now();
    let renewedAt = startedAt;
    for (let looks = 0; !watching.aborted; looks += 1) {
      const askedAt = context.clock.now();
      const renews = looks % LOOKS_PER_RENEWAL === 0;
      const held = await look(renews).catch(unanswered);
      if (held === true && renews) renewedAt = askedAt;
      if (held === false || context.clock.now() - renewedAt > expiresAfterMs)
        return lost.abort(new Error("the lease was lost"));
      if (remainingMs !== null && context.clock.now() - startedAt >= remainingMs) return lost.abort(outOfTime(context));
      await context.clock.sleep(LOOK_INTERVAL_MS, watching);
    }
  }

  function look(renews: boolean): Promise<boolean> {
    return renews ? renewLease(context.store, lease, LEASE_TTL_SECONDS) : holdsLease(context.store, lease);
  }

  function unanswered(error: unknown): undefined {
    const { runId, slotId } = lease;
    context.log.warn({ err: error, run_id: runId, slot_id: slotId }, "the lease could not be looked at; trying again");
  }
}
