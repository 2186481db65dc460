import { sql } from "kysely";
import type { Store, StoreTransaction } from "./schema.ts";

/** Who is authenticated, as audit rows name it, and the request it is for. */
export interface Actor {
  principal: string;
  traceId: string | null;
}

/** Runs `act` in the caller's transaction where there is one, else in one of its own. */
export function inTransaction<T>(store: Store, act: (tx: StoreTransaction) => Promise<T>): Promise<T> {
  return store.isTransaction ? act(store as StoreTransaction) : store.transaction().execute(act);
}

/** SQL for who acts in this transaction; null for the system itself. */
export const actingPrincipal = sql<string | null>`nullif(current_setting('oroboros.principal', true), '')`;

/** Lets this transaction pause for longer than any other may: for work on files that only counts while a lease is held. */
export async function allowPause(tx: StoreTransaction, seconds: number): Promise<void> {
  await sql`select set_config('idle_in_transaction_session_timeout', ${`${seconds}s`}, true)`.execute(tx);
}

/** A transaction whose audit rows name this actor. Without one they name the database's role: `oroboros_worker`, say. */
export function asActor<T>(store: Store, actor: Actor, act: (tx: StoreTransaction) => Promise<T>): Promise<T> {
  return inTransaction(store, async (tx) => {
    await sql`select set_config('oroboros.principal', ${actor.principal}, true),
      set_config('oroboros.trace_id', ${actor.traceId ?? ""}, true)`.execute(tx);
    return act(tx);
  });
}
