import type { SlotDatabasePermit } from "./permit.ts";
import { planDiscard, planRestore } from "./plan-swap.ts";
import { openHoldingSlot, tidyAfterSwap, tidySlot } from "./slot-databases.ts";
import type { SlotServer } from "./slot-server.ts";
import { swapDatabases } from "./swap-databases.ts";
import type { WithLeaseHeld } from "./with-lease-held.ts";

type KeptRequest = Readonly<{ server: SlotServer; withLeaseHeld: WithLeaseHeld<void> }>;

/**
 * Puts the database that a reset has kept in the live one's place again, with its rights and its marker; the live one is
 * dropped. Changes nothing where nothing is kept, so repeating it is safe.
 *
 * @throws OperatorError what `withLeaseHeld` throws, `not_marked` or `identity_mismatch`.
 */
export async function restoreKeptDatabase(
  permit: SlotDatabasePermit,
  request: KeptRequest,
): Promise<{ restored: boolean }> {
  const { slot } = permit;
  await using owner = await openHoldingSlot(permit, request.server);
  owner.holdBriefly();
  const found = await tidySlot(owner, slot);
  if (found.kept === undefined) return { restored: false };
  await request.withLeaseHeld((tx) => swapDatabases(tx, owner, planRestore(slot, found)));
  await tidyAfterSwap(owner, slot);
  return { restored: true };
}

/**
 * Drops the database that a reset has kept, once the new one is proven.
 *
 * @throws OperatorError what `withLeaseHeld` throws, `not_marked` or `identity_mismatch`.
 */
export async function dropKeptDatabase(
  permit: SlotDatabasePermit,
  request: KeptRequest,
): Promise<{ dropped: boolean }> {
  const { slot } = permit;
  await using owner = await openHoldingSlot(permit, request.server);
  owner.holdBriefly();
  const found = await tidySlot(owner, slot);
  if (found.kept === undefined) return { dropped: false };
  await request.withLeaseHeld(async (tx) => {
    await planDiscard(slot).execute(tx);
  });
  await tidyAfterSwap(owner, slot);
  return { dropped: true };
}
