import { sql } from "kysely";
import type { Session } from "./session.ts";

const ROUNDS = 250;

/** Ends every session whose role the worker is a member of, once; a superuser's stays. Says how many there were. */
export async function endSessions(owner: Session, databases: readonly string[]): Promise<number> {
  // Without its timeout: pg_terminate_backend sleeps through it for every session that is not gone at once.
  const ended = await owner.run(sql`
    select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
    where datname = any(${[...databases]}) and pid <> pg_catalog.pg_backend_pid()
      and usesysid is not null and pg_catalog.pg_has_role(usesysid, 'usage')
      and not exists (select from pg_catalog.pg_roles where oid = usesysid and rolsuper)`);
  return ended.length;
}

/** Ends the sessions of these databases until there is none. False where some did not end in half a second and more. */
export async function emptyOfSessions(owner: Session, databases: readonly string[]): Promise<boolean> {
  for (let round = 0; round < ROUNDS; round += 1) {
    if ((await endSessions(owner, databases)) === 0) return true;
    await owner.run(sql`select pg_catalog.pg_sleep(0.002)`);
  }
  return false;
}
