import { sql } from "kysely";
import type { Session } from "../session.ts";

/** Far more than a login takes, and little enough to wait for. */
export const LOGIN_SECONDS = 5;

/**
 * Lets the server end a login that its client does not go on with. While one is under way, its server process takes part in no
 * barrier, and DROP DATABASE waits for all of them: a worker that stopped just then, or a branch that never answers, would keep every
 * slot's databases from being dropped for the minute that PostgreSQL gives a login by default.
 */
export async function limitLogins(superuser: Session): Promise<string[]> {
  const longer = await superuser.run(sql`
    select from pg_catalog.pg_settings where name = 'authentication_timeout' and setting::int > ${LOGIN_SECONDS}`);
  if (longer.length === 0) return [];
  await superuser.run(sql`alter system set authentication_timeout = ${sql.lit(`${LOGIN_SECONDS}s`)}`);
  await superuser.run(sql`select pg_catalog.pg_reload_conf()`);
  return ["authentication_timeout"];
}
