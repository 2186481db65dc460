import { sql, type QueryExecutorProvider } from "kysely";
import { emptyOfSessions, endSessions } from "./end-sessions.ts";
import type { SwapPlan } from "./plan-swap.ts";
import type { Session } from "./session.ts";

const KEEP_EMPTY_EVERY_MS = 5;

/**
 * Carries a plan out inside the transaction that holds the lease: it commits with it or leaves every name, right and
 * comment as it was, so an aborted or killed reset has nothing to re-open.
 *
 * RENAME takes the lock that new connections wait for before it counts who is connected, so no session slips in between;
 * those that were inside already are ended from `owner`, a second connection, until the rename is through. It would
 * otherwise poll for them every 100 ms, which is also why they are gone before it starts.
 */
export async function swapDatabases(tx: QueryExecutorProvider, owner: Session, plan: SwapPlan): Promise<void> {
  await emptyOfSessions(owner, plan.emptied);
  let ending: Promise<void> | undefined;
  const keepingEmpty = setInterval(() => {
    // What it can not end, the rename waits for and reports.
    const ended = (): void => {
      ending = undefined;
    };
    ending ??= endSessions(owner, plan.emptied).then(ended, ended);
  }, KEEP_EMPTY_EVERY_MS);
  try {
    // One message: these statements have no parameters, and each would cost a round trip.
    await sql.join([...plan.statements], sql`; `).execute(tx);
  } finally {
    clearInterval(keepingEmpty);
    await ending;
  }
}
