import { sql } from "kysely";
import { dropDatabase } from "./databases.ts";
import type { Session } from "./session.ts";
import { openAsOwner } from "./sessions.ts";
import type { SlotServer } from "./slot-server.ts";
import { templateLock, TEMPLATES } from "./template-registry.ts";

/**
 * Drops template databases that nobody has copied for so long. What is dropped is what was written down before it was made, by its
 * exact name: never what only looks like a template. A spare is a whole copy, and needs the one it was made from no more.
 */
export async function pruneTemplates(
  server: SlotServer,
  { unusedForSeconds }: { unusedForSeconds: number },
): Promise<string[]> {
  await using owner = await openAsOwner(server);
  const dropped: string[] = [];
  for (const database of await idleTemplates(owner, unusedForSeconds))
    if (await prune(owner, database, unusedForSeconds)) dropped.push(database);
  return dropped;
}

/** What {@link pruneTemplates} would drop. */
export async function findIdleTemplates(
  server: SlotServer,
  { unusedForSeconds }: { unusedForSeconds: number },
): Promise<string[]> {
  await using owner = await openAsOwner(server);
  return await idleTemplates(owner, unusedForSeconds);
}

async function idleTemplates(owner: Session, unusedForSeconds: number): Promise<string[]> {
  const idle = await owner.run(sql<{ database: string }>`
    select database::text from ${TEMPLATES}
    where used_at < pg_catalog.clock_timestamp() - ${unusedForSeconds} * interval '1 second' order by used_at`);
  return idle.map(({ database }) => database);
}

/** Looked at again once nobody can begin to copy it. */
async function prune(owner: Session, database: string, unusedForSeconds: number): Promise<boolean> {
  const [lock] = await owner.run(
    sql<{ held: boolean }>`select pg_catalog.pg_try_advisory_lock(${templateLock(database)}) as held`,
  );
  if (lock?.held !== true) return false;
  try {
    const [still] = await owner.run(sql`
      select from ${TEMPLATES} where database = ${database}
        and used_at < pg_catalog.clock_timestamp() - ${unusedForSeconds} * interval '1 second'`);
    if (still === undefined) return false;
    await dropDatabase(owner, database);
    await owner.run(sql`delete from ${TEMPLATES} where database = ${database}`);
    return true;
  } finally {
    await owner.run(sql`select pg_catalog.pg_advisory_unlock(${templateLock(database)})`);
  }
}
