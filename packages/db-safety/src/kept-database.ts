import { callAccess, type Grant } from "./access/call-access.ts";
import type { SlotDatabasePermit } from "./permit.ts";
import { openHoldingSlot, tidyAfterSwap, tidySlot } from "./slot-databases.ts";
import type { SlotServer } from "./slot-server.ts";
import { swapDatabases } from "./swap-databases.ts";
import { despiteOthers } from "./while-emptied.ts";
import type { WithLeaseHeld } from "./with-lease-held.ts";

type KeptRequest = Readonly<{
  server: SlotServer;
  leaseEpoch: Grant["leaseEpoch"];
  withLeaseHeld: WithLeaseHeld<void>;
}>;

/**
 * Puts the database that a reset has kept in the live one's place again, with its marker, for the login of this grant; the live one
 * is dropped. Changes nothing where nothing is kept, so repeating it is safe.
 *
 * @throws OperatorError what `withLeaseHeld` throws, `not_marked` or `identity_mismatch`.
 */
export async function restoreKeptDatabase(
  permit: SlotDatabasePermit,
  request: KeptRequest & { slotPasswordKey: string },
): Promise<{ restored: boolean }> {
  const { slot } = permit;
  const { leaseEpoch, slotPasswordKey } = request;
  await using owner = await openHoldingSlot(permit, request.server);
  owner.holdBriefly();
  const found = await tidySlot(owner, slot);
  if (found.kept === undefined) return { restored: false };
  const swap = { grant: { slot, leaseEpoch }, slotPasswordKey };
  await despiteOthers(() => request.withLeaseHeld((tx) => swapDatabases(tx, owner, swap, { name: "swap_back" })));
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
  const grant = { slot, leaseEpoch: request.leaseEpoch };
  await request.withLeaseHeld((tx) => callAccess(tx, owner, "discard_kept", grant));
  await tidyAfterSwap(owner, slot);
  return { dropped: true };
}
