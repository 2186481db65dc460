import { keptDatabase, spareDatabase } from "@oroboros/slot-contract";
import type { QueryExecutorProvider } from "kysely";
import { callAccess, type Grant } from "./access/call-access.ts";
import { databaseOid } from "./databases.ts";
import type { Session } from "./session.ts";
import { scramVerifier } from "./scram-verifier.ts";
import { loginPassword } from "./slot-access.ts";
import { whileEmptied } from "./while-emptied.ts";

export type Swap = Readonly<{ grant: Grant; slotPasswordKey: string }>;

/**
 * Rotates the slot's login and swaps its databases, inside the transaction that holds the lease: it commits with it or leaves every
 * name, right, login and comment as it was, so an aborted or killed reset has nothing to re-open.
 *
 * RENAME takes the lock that new connections wait for before it counts who is connected, so no session slips in between;
 * those that were inside already are ended from `owner`, a second connection, until the rename is through. It would
 * otherwise poll for them every 100 ms, which is also why they are gone before it starts.
 */
export async function swapDatabases<Value>(
  tx: QueryExecutorProvider,
  owner: Session,
  { grant, slotPasswordKey }: Swap,
  how: { name: "swap_in" | "swap_back"; more?: unknown[] },
): Promise<Value> {
  return whileEmptied(owner, grant, async () => {
    await rotate(tx, owner, { grant, slotPasswordKey }, how.name);
    return callAccess<Value>(tx, owner, how.name, grant, ...(how.more ?? []));
  });
}

/** To the login that was made with the spare, where one was, or to one that is made now: for a database that had one before. */
async function rotate(
  tx: QueryExecutorProvider,
  owner: Session,
  { grant, slotPasswordKey }: Swap,
  how: "swap_in" | "swap_back",
): Promise<void> {
  if (how === "swap_in" && (await callAccess<boolean>(tx, owner, "rotate_login", grant, null))) return;
  const next = how === "swap_in" ? spareDatabase(grant.slot) : keptDatabase(grant.slot);
  const verifier = scramVerifier(loginPassword(grant.slot, await databaseOid(owner, next), slotPasswordKey));
  await callAccess(tx, owner, "rotate_login", grant, verifier);
}
