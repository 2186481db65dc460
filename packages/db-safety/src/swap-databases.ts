import { retiredDatabase, slotDatabase, slotRole, spareDatabase, type SlotId } from "@oroboros/slot-contract";
import { sql, type QueryExecutorProvider, type RawBuilder } from "kysely";
import { databaseExists } from "./databases.ts";
import { markerText, type ResetMarker } from "./marker.ts";
import type { Session } from "./session.ts";

/**
 * Puts the spare in the live database's place, inside the transaction that holds the lease: it commits with it or leaves
 * every name, right and comment as it was, so an aborted or killed reset has nothing to re-open.
 *
 * RENAME takes the lock that new connections wait for before it counts who is connected, so no session slips in between;
 * those that were inside already are ended from `owner`, a second connection, until the rename is through. It would
 * otherwise poll for them every 100 ms.
 */
export async function swapDatabases(
  tx: QueryExecutorProvider,
  owner: Session,
  slot: SlotId,
  marker: ResetMarker,
): Promise<void> {
  const names = { live: slotDatabase(slot), spare: spareDatabase(slot), retired: retiredDatabase(slot) };
  const live = sql.id(names.live);
  const role = sql.id(slotRole(slot));
  const rename: RawBuilder<unknown>[] = [];
  if (await databaseExists(owner, names.live)) {
    rename.push(
      sql`alter database ${live} rename to ${sql.id(names.retired)}`,
      sql`revoke all on database ${sql.id(names.retired)} from ${role}`,
    );
  }
  rename.push(
    sql`alter database ${sql.id(names.spare)} rename to ${live}`,
    sql`grant connect on database ${live} to ${role}`,
    sql`comment on database ${live} is ${sql.lit(markerText(slot, marker))}`,
  );
  await whileKeptEmpty(owner, [names.live, names.spare], async () => {
    for (const statement of rename) await statement.execute(tx);
  });
}

async function whileKeptEmpty(owner: Session, databases: readonly string[], act: () => Promise<void>): Promise<void> {
  await endSessions(owner, databases);
  let isDone = false;
  const keepEmpty = async (): Promise<void> => {
    while (!isDone) await endSessions(owner, databases);
  };
  const keeping = keepEmpty();
  try {
    await act();
  } finally {
    isDone = true;
    await keeping;
  }
}

/** Ends every session whose role the worker is a member of; a superuser's stays, and the rename reports it. */
async function endSessions(owner: Session, databases: readonly string[]): Promise<void> {
  await owner.run(sql`
    select pg_catalog.pg_terminate_backend(pid, 50) from pg_catalog.pg_stat_activity
    where datname = any(${[...databases]}) and pid <> pg_catalog.pg_backend_pid()
      and usesysid is not null and pg_catalog.pg_has_role(usesysid, 'usage')
      and not exists (select from pg_catalog.pg_roles where oid = usesysid and rolsuper)`);
  await owner.run(sql`select pg_catalog.pg_sleep(0.002)`);
}
