import { releaseLease, type LeaseRef } from "@oroboros/control-store";
import type { Context } from "../context.ts";

const RETRY_MS = 250;
/** PostgreSQL that restarts after a power cut replays what it had not written yet. */
const PATIENCE_MS = 20_000;

/**
 * Frees a slot after work that belonged to no run. Where the database does not answer it is asked again: nobody else can take the
 * lease away from a worker that lives, and until it ran out no run would be given the slot.
 */
export async function endMaintenance(
  context: Pick<Context, "store" | "clock">,
  lease: LeaseRef,
  options: { clean?: boolean } = {},
): Promise<void> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    try {
      await releaseLease(context.store, lease, options);
      return;
    } catch (error) {
      if (patience.aborted) throw error;
      await context.clock.sleep(RETRY_MS, patience);
    }
  }
}
