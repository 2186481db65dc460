import { OperatorError, type ErrorCode } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { DatabaseError } from "pg";
import { OversizedMessage } from "./bounded-socket.ts";
import type { Session } from "./session.ts";

/**
 * Runs foreign SQL and what records it in one transaction.
 *
 * @throws OperatorError with the given code, the name, the SQLSTATE and, where the server tells, the line; nothing stays.
 */
export async function runSqlFile(
  session: Session,
  file: { name: string; sql: string; failure: Extract<ErrorCode, "migration_failed" | "seed_failed"> },
  record: () => Promise<unknown>,
): Promise<void> {
  // What an earlier file has SET, as dumps do with search_path, is not this one's business.
  await session.run(sql`reset all`);
  await session.run(sql`begin`);
  try {
    const before = await transactionId(session);
    await session.script(file.sql);
    if ((await transactionId(session)) !== before) throw new Error("it ends the transaction it runs in");
    await record();
    await session.run(sql`commit`);
  } catch (error) {
    // Without its connection the transaction ends by itself.
    if (!(error instanceof OversizedMessage)) await session.run(sql`rollback`);
    throw failureOf(file, error);
  }
}

async function transactionId(session: Session): Promise<string | undefined> {
  const [row] = await session.run(sql<{ id: string }>`select pg_catalog.pg_current_xact_id()::text as id`);
  return row?.id;
}

function failureOf(file: { name: string; sql: string; failure: ErrorCode }, error: unknown): OperatorError {
  const place = error instanceof DatabaseError ? ` (SQLSTATE ${error.code}${lineOf(file.sql, error.position)})` : "";
  const reason = error instanceof Error ? error.message : String(error);
  return new OperatorError(file.failure, `${file.name} failed${place}: ${reason}.`, {
    hint: `Nothing of ${file.name} was kept. Correct it, commit, and publish the new commit.`,
    cause: error,
  });
}

function lineOf(text: string, position: string | undefined): string {
  if (position === undefined) return "";
  // The server counts characters, not UTF-16 units.
  const before = Array.from(text).slice(0, Number(position) - 1);
  return `, line ${before.filter((character) => character === "\n").length + 1}`;
}
