import { OperatorError, type ErrorCode } from "@oroboros/slot-contract";
import { DatabaseError } from "pg";
import { LOCK_NOT_AVAILABLE } from "./locks-of-others.ts";

export class TransactionEnded extends Error {}

/** SQLSTATEs of errors that do not come from a mistake in a statement but from what kind of statement it is. */
const NOT_IN_A_TRANSACTION = "25001";
const SYNTAX_ERROR = "42601";

type FailedFile = Readonly<{ name: string; sql: string; failure: ErrorCode }>;

/**
 * What an operator is told of foreign SQL that failed: where, why, and what to change.
 *
 * @param locks what others hold, where it waited for a lock in vain.
 */
export function sqlFileFailure(file: FailedFile, error: unknown, locks: readonly string[] = []): OperatorError {
  const place = error instanceof DatabaseError ? ` (SQLSTATE ${error.code}${lineOf(file.sql, error.position)})` : "";
  const reason = error instanceof Error ? error.message : String(error);
  const hint = isLockTimeout(error) ? hintOfLock(file, locks) : hintOf(file, error);
  return new OperatorError(file.failure, `${file.name} failed${place}: ${reason}.`, { hint, cause: error });
}

/** A statement that waited for somebody else's lock, and gave up. */
export const isLockTimeout = (error: unknown): boolean =>
  error instanceof DatabaseError && error.code === LOCK_NOT_AVAILABLE;

function hintOfLock({ name }: FailedFile, locks: readonly string[]): string {
  const held = locks.length === 0 ? "another session held it, and holds none any more" : locks.join(", ");
  return `Nothing of ${name} was kept. It waited for a lock: ${held}. Let that session end its transaction, or end it (a console, or the slot's backend: oroboros backend stop --slot <slot>), and try again; the file may be right as it is.`;
}

function hintOf({ name, sql }: FailedFile, error: unknown): string {
  if (error instanceof TransactionEnded)
    return `Take COMMIT, ROLLBACK and BEGIN out of ${name}: each file is one transaction. What it has committed itself stays until the slot's next reset.`;
  if (error instanceof DatabaseError && error.code === NOT_IN_A_TRANSACTION)
    return `Each file is one transaction. Take CONCURRENTLY, VACUUM and their like out of ${name}: nobody writes to the tables meanwhile. Where production needs them, use a migration tool of your own: backend.migrate in oroboros.app.json.`;
  if (error instanceof DatabaseError && error.code === SYNTAX_ERROR && isAt(sql, error.position, "\\"))
    return `${name} has a command of psql (such as \\c, \\i, \\copy or \\restrict), and psql is not involved. Take it out, and write rows as INSERT (pg_dump --inserts).`;
  return `Nothing of ${name} was kept. Correct it, commit, and publish the new commit.`;
}

function isAt(text: string, position: string | undefined, character: string): boolean {
  return position !== undefined && Array.from(text)[Number(position) - 1] === character;
}

function lineOf(text: string, position: string | undefined): string {
  if (position === undefined) return "";
  // The server counts characters, not UTF-16 units.
  const before = Array.from(text).slice(0, Number(position) - 1);
  return `, line ${before.filter((character) => character === "\n").length + 1}`;
}
