import { DatabaseError } from "pg";

/** As much as a person reads. */
const REASON_LENGTH = 2_000;

/**
 * The server's error with the beginning of its message, without its other texts and a stack, which begins with the message too. How
 * long they are is the choice of the branch whose SQL, or whose view in place of a table, made the error, and what is told is kept.
 */
export function shortError(error: unknown): unknown {
  if (!(error instanceof DatabaseError)) return error;
  const { code, position, name, message } = error;
  const reason =
    message.length > REASON_LENGTH
      ? `${message.slice(0, REASON_LENGTH).toWellFormed()}... (${message.length} characters in all)`
      : message;
  return Object.assign(new DatabaseError(reason, reason.length, "error"), { code, position, name });
}
