import { sql } from "kysely";
import type { Store, StoreTransaction } from "../schema.ts";
import { inTransaction } from "../transaction.ts";

/**
 * Runs one grant of a slot at a time, in the caller's transaction where there is one. Who may have a slot depends on all slots and
 * on the whole queue, which no row lock covers: two grants that do not see each other would let a later run past an earlier one.
 * Taken before any row is locked, so that it adds no deadlock.
 */
export async function grantInTurn<T>(store: Store, grant: (tx: StoreTransaction) => Promise<T>): Promise<T> {
  const inTurn = async (tx: StoreTransaction): Promise<T> => {
    // Statements after this one see everything that the grant before has committed.
    await sql`select pg_advisory_xact_lock(hashtext('oroboros_slot_grants'))`.execute(tx);
    return grant(tx);
  };
  return inTransaction(store, inTurn);
}
