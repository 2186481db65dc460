import { sql } from "kysely";
import { accessCall, staleGrant, type Grant } from "./access/call-access.ts";
import type { Session } from "./session.ts";

const ROUNDS = 250;

/**
 * Ends every session in the slot's databases once. Says how many there were.
 *
 * @throws OperatorError `stale_lease`.
 */
export async function endSessions(owner: Session, grant: Grant): Promise<number> {
  try {
    const [row] = await owner.run(accessCall<number>("end_sessions", grant));
    return row?.value ?? 0;
  } catch (error) {
    throw staleGrant(error, grant) ?? error;
  }
}

/** Ends the sessions in the slot's databases until there is none. False where some did not end in half a second and more. */
export async function emptyOfSessions(owner: Session, grant: Grant): Promise<boolean> {
  for (let round = 0; round < ROUNDS; round += 1) {
    if ((await endSessions(owner, grant)) === 0) return true;
    await owner.run(sql`select pg_catalog.pg_sleep(0.002)`);
  }
  return false;
}
