import type { ErrorCode } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { OversizedMessage } from "./bounded-socket.ts";
import { locksOfOthers } from "./locks-of-others.ts";
import type { Session } from "./session.ts";
import { isLockTimeout, sqlFileFailure, TransactionEnded } from "./sql-file-failure.ts";

/**
 * Runs foreign SQL and what records it in one transaction.
 *
 * @throws OperatorError with the given code, the name, the SQLSTATE and, where the server tells, the line. Nothing stays, but for what
 *   a file that ends the transaction itself did before that; it is not recorded either, and the message says so.
 */
export async function runSqlFile(
  session: Session,
  file: { name: string; sql: string; failure: Extract<ErrorCode, "migration_failed" | "seed_failed" | "mask_failed"> },
  record: () => Promise<unknown>,
): Promise<void> {
  // What an earlier file has SET, as dumps do with search_path, is not this one's business.
  await session.run(sql`reset all`);
  // Else a statement of a process that was killed goes on, and keeps the next one waiting, until it has something to say.
  await session.run(sql`set client_connection_check_interval = '1s'`);
  await session.run(sql`begin`);
  try {
    const before = await transactionId(session);
    await session.script(file.sql);
    if ((await transactionId(session)) !== before) throw new TransactionEnded("it ends the transaction it runs in");
    await record();
    await session.run(sql`commit`);
  } catch (error) {
    // Without its connection the transaction ends by itself.
    if (!(error instanceof OversizedMessage)) await session.run(sql`rollback`);
    // Whatever keeps them from being read: what the file failed with is what counts.
    const locks = isLockTimeout(error) ? await locksOfOthers(session).catch(() => []) : [];
    throw sqlFileFailure(file, error, locks);
  }
}

async function transactionId(session: Session): Promise<string | undefined> {
  const [row] = await session.run(sql<{ id: string }>`select pg_catalog.pg_current_xact_id()::text as id`);
  return row?.id;
}
