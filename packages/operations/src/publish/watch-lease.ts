import { renewLease, type Lease } from "@oroboros/control-store";
import { LEASE_TTL_SECONDS } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";

const RENEW_INTERVAL_MS = 1_000;

/**
 * Renews the lease while a publish works, and aborts the publish once the lease is gone: a canceled run stops within a
 * second or two, in the middle of a step.
 */
export function watchLease(context: Context, lease: Lease, parent: AbortSignal): { signal: AbortSignal; stop(): void } {
  const lost = new AbortController();
  const stopped = new AbortController();
  const watching = AbortSignal.any([parent, stopped.signal]);
  void renewUntilLost().catch((error: unknown) => lost.abort(error));
  return { signal: AbortSignal.any([parent, lost.signal]), stop: () => stopped.abort() };

  async function renewUntilLost(): Promise<void> {
    while (!watching.aborted) {
      if (!(await renewLease(context.store, lease, LEASE_TTL_SECONDS)))
        return lost.abort(new Error("the lease was lost"));
      await context.clock.sleep(RENEW_INTERVAL_MS, watching);
    }
  }
}
