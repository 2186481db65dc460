import { buildSpare, type SpareRequest } from "./build-spare.ts";
import { readContentMarker } from "./marker.ts";
import type { SlotDatabasePermit } from "./permit.ts";
import { openHoldingSlot, tidySlot } from "./slot-databases.ts";
import { templateHash } from "./template-source.ts";

/**
 * Makes the database that the slot's next reset to this content swaps in, so that the reset has nothing left to copy. A reset
 * that comes meanwhile waits and uses it. `prepared` is false where it was there already.
 *
 * @throws OperatorError `not_marked`, `identity_mismatch`, `migration_failed` or `seed_failed`; the signal's reason.
 */
export async function prepareSpareDatabase(
  permit: SlotDatabasePermit,
  request: SpareRequest,
): Promise<{ prepared: boolean }> {
  await using owner = await openHoldingSlot(permit, request.server, { signal: request.signal, background: true });
  const { spare } = await tidySlot(owner, permit.slot);
  if (readContentMarker("spare", spare)?.templateHash === templateHash(request.source)) return { prepared: false };
  request.signal?.throwIfAborted();
  await buildSpare(owner, permit.slot, request);
  return { prepared: true };
}
