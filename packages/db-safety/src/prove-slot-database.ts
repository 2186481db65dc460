import type { RunId } from "@oroboros/slot-contract";
import { openAsSlot } from "./sessions.ts";
import type { SlotAccess } from "./slot-access.ts";

/**
 * Logs in once with what a program is about to be handed, and asks the server who it is: what the program then does is its own.
 *
 * @throws OperatorError `unreachable`, `not_marked`, `identity_mismatch`, `role_mismatch`, or `stale_lease` where the database is not
 *   `runId`'s any more.
 */
export async function proveSlotDatabase(access: SlotAccess, { runId }: { runId: RunId | null }): Promise<void> {
  await using _session = await openAsSlot(access, { markedRun: runId ?? undefined });
}
