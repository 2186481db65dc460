import { OperatorError, type LeaseEpoch } from "@oroboros/slot-contract";
import { callAccess } from "./access/call-access.ts";
import { emptyOfSessions } from "./end-sessions.ts";
import { requirePermit, type SlotDatabasePermit } from "./permit.ts";
import { openAsOwner } from "./sessions.ts";
import type { SlotServer } from "./slot-server.ts";
import { despiteOthers, whileEmptied } from "./while-emptied.ts";
import type { WithLeaseHeld } from "./with-lease-held.ts";

/**
 * Lets the slot's login in no more, and ends every session that it still has. The slot's next reset gives a fresh database to another
 * one; this one reaches it never again. Safe to repeat.
 *
 * @throws OperatorError what `withLeaseHeld` throws; `reset_failed` where a session does not end.
 */
export async function lockSlotOut(
  permit: SlotDatabasePermit,
  {
    server,
    leaseEpoch,
    withLeaseHeld,
  }: { server: SlotServer; leaseEpoch: LeaseEpoch; withLeaseHeld: WithLeaseHeld<void> },
): Promise<void> {
  requirePermit(permit);
  const { database, slot } = permit;
  const grant = { slot, leaseEpoch };
  await using owner = await openAsOwner(server);
  await despiteOthers(() =>
    withLeaseHeld((tx) => whileEmptied(owner, grant, () => callAccess<void>(tx, owner, "lock_out", grant))),
  );
  // Only now nobody new is let in.
  if (await emptyOfSessions(owner, grant)) return;
  throw new OperatorError("reset_failed", `Sessions in ${database} did not end, so ${slot} is not clean.`, {
    hint: `See them with: select * from pg_stat_activity where datname = '${database}'; the next round tries again.`,
  });
}
