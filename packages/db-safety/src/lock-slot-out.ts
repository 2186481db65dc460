import { OperatorError } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { emptyOfSessions } from "./end-sessions.ts";
import { requirePermit, type SlotDatabasePermit } from "./permit.ts";
import { openAsOwner } from "./sessions.ts";
import type { SlotServer } from "./slot-server.ts";
import type { WithLeaseHeld } from "./with-lease-held.ts";

/**
 * Takes from the slot's role the right to connect to its database, and ends every session that it still has there. The slot's next
 * reset gives a fresh database to the role; this one it never reaches again. Safe to repeat.
 *
 * @throws OperatorError what `withLeaseHeld` throws; `reset_failed` where a session does not end.
 */
export async function lockSlotOut(
  permit: SlotDatabasePermit,
  { server, withLeaseHeld }: { server: SlotServer; withLeaseHeld: WithLeaseHeld<void> },
): Promise<void> {
  requirePermit(permit);
  const { database, role, slot } = permit;
  await withLeaseHeld(async (tx) => {
    await sql`revoke connect on database ${sql.id(database)} from ${sql.id(role)}`.execute(tx);
  });
  // Only now nobody new is let in.
  await using owner = await openAsOwner(server);
  if (await emptyOfSessions(owner, [database])) return;
  throw new OperatorError("reset_failed", `Sessions in ${database} did not end, so ${slot} is not clean.`, {
    hint: `See them with: select * from pg_stat_activity where datname = '${database}'; the next round tries again.`,
  });
}
