import { sql } from "kysely";
import type { Session } from "./session.ts";

/** What `lock_timeout` ends a statement with; see https://www.postgresql.org/docs/current/errcodes-appendix.html. */
export const LOCK_NOT_AVAILABLE = "55P03";
const MOST = 3;

/**
 * The locks that other sessions hold on tables of this database, the longest held first, in the words of pg_locks. The server does not
 * say which of them a statement waited for; whoever held it is most likely still in its transaction.
 */
export async function locksOfOthers(session: Session): Promise<string[]> {
  const held = await session.run(sql<{ pid: number; mode: string; name: string }>`
    select l.pid, l.mode, c.relname as name
    from pg_catalog.pg_locks l
      join pg_catalog.pg_class c on c.oid = l.relation and c.relkind in ('r', 'p', 'm', 'v', 'S', 'f')
      join pg_catalog.pg_stat_activity a on a.pid = l.pid
    where l.granted and l.locktype = 'relation' and c.relnamespace <> 'pg_catalog'::regnamespace
      and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
      and l.pid <> pg_catalog.pg_backend_pid()
    order by a.xact_start, l.pid, c.relname limit ${MOST}`);
  return held.map(({ pid, mode, name }) => `session ${pid} holds ${mode} on ${name}`);
}
