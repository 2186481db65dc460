import type { RunId } from "@oroboros/slot-contract";
import { runSeed } from "./seed-slot-database.ts";
import { openAsSlot } from "./sessions.ts";
import type { SlotAccess } from "./slot-access.ts";
import type { SeedSource } from "./template-source.ts";
import { untilStopped, type Stop } from "./until-stopped.ts";

/**
 * Loads a seed into a database that was reset and migrated for it, as the slot's role and in one transaction. Unlike
 * `seedSlotDatabase` it does not ask whether tables have rows: migration tools write their own into them.
 *
 * @throws OperatorError `seed_failed`; `not_marked`, `identity_mismatch` or `role_mismatch` where the server that answers is not the
 *   permit's; `stale_lease` where the database is not `runId`'s any more. The signal's reason where `stop` came first.
 */
export async function seedMigratedDatabase(
  access: SlotAccess,
  request: { seed: SeedSource; runId: RunId | null; stop?: Stop },
): Promise<void> {
  await using session = await openAsSlot(access, { markedRun: request.runId ?? undefined });
  await untilStopped(session, request.stop, () => runSeed(session, request.seed));
}
