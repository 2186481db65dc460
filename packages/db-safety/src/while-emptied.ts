import { DatabaseError } from "pg";
import type { Grant } from "./access/call-access.ts";
import { emptyOfSessions, endSessions } from "./end-sessions.ts";
import type { Session } from "./session.ts";

const KEEP_EMPTY_EVERY_MS = 5;
const ATTEMPTS = 5;
/** Two transactions have changed one row of the catalog, which PostgreSQL notices instead of waiting: "tuple concurrently updated". */
const INTERNAL_ERROR = "XX000";

/**
 * Acts while the sessions in the slot's databases are ended, from `owner`, which is another connection than the one that acts: they hold
 * what it would wait for, a database's name as well as their own role's row, and those that end come back.
 */
export async function whileEmptied<Value>(owner: Session, grant: Grant, act: () => Promise<Value>): Promise<Value> {
  await emptyOfSessions(owner, grant);
  let ending: Promise<void> | undefined;
  const keepingEmpty = setInterval(() => {
    // What it can not end, whoever acts waits for and reports.
    const ended = (): void => {
      ending = undefined;
    };
    ending ??= endSessions(owner, grant).then(ended, ended);
  }, KEEP_EMPTY_EVERY_MS);
  try {
    return await act();
  } finally {
    clearInterval(keepingEmpty);
    await ending;
  }
}

/** Does a whole transaction again where a slot's login has changed its own role in the middle of it. */
export async function despiteOthers<Value>(transaction: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transaction();
    } catch (error) {
      const isRace = error instanceof DatabaseError && error.code === INTERNAL_ERROR;
      if (!isRace || attempt === ATTEMPTS) throw error;
    }
  }
}
