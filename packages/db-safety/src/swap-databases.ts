import { sql, type QueryExecutorProvider } from "kysely";
import type { SwapPlan } from "./plan-swap.ts";
import type { Session } from "./session.ts";

const EMPTYING_ROUNDS = 250;
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
  for (let round = 0; round < EMPTYING_ROUNDS; round += 1) {
    if ((await endSessions(owner, plan.emptied)) === 0) break;
    await owner.run(sql`select pg_catalog.pg_sleep(0.002)`);
  }
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

/** Ends every session whose role the worker is a member of; a superuser's stays, and the rename reports it. */
async function endSessions(owner: Session, databases: readonly string[]): Promise<number> {
  // Without its timeout: pg_terminate_backend sleeps through it for every session that is not gone at once.
  const ended = await owner.run(sql`
    select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
    where datname = any(${[...databases]}) and pid <> pg_catalog.pg_backend_pid()
      and usesysid is not null and pg_catalog.pg_has_role(usesysid, 'usage')
      and not exists (select from pg_catalog.pg_roles where oid = usesysid and rolsuper)`);
  return ended.length;
}
