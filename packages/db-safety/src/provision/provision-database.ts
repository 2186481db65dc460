import {
  CONTROL_DATABASE,
  DATABASE_OWNER_ROLE,
  MIGRATOR_ROLE,
  OperatorError,
  slotDatabase,
  spareDatabase,
  type SlotId,
} from "@oroboros/slot-contract";
import { sql } from "kysely";
import { databaseComment, databaseExists, dropDatabase } from "../databases.ts";
import { markedSlot, markerText } from "../marker.ts";
import type { Session } from "../session.ts";

export async function provisionControlDatabase(superuser: Session): Promise<string[]> {
  if (await databaseExists(superuser, CONTROL_DATABASE)) return [];
  await superuser.run(
    sql`create database ${sql.id(CONTROL_DATABASE)} owner ${sql.id(MIGRATOR_ROLE)} template template0`,
  );
  return [`database ${CONTROL_DATABASE}`];
}

/**
 * Makes the database that a slot has until its first reset, under the spare's name, and renames it when it is complete: a database
 * of the slot's name is either finished and marked or not ours. Nobody can connect to it.
 *
 * @throws OperatorError `not_marked` where a foreign database has the slot's name.
 */
export async function provisionSlotDatabase(superuser: Session, slot: SlotId): Promise<string[]> {
  const database = slotDatabase(slot);
  const owner = sql.id(DATABASE_OWNER_ROLE);
  if (await databaseExists(superuser, database)) {
    if (markedSlot(await databaseComment(superuser, database)) !== slot) throw foreignDatabase(database);
    const [other] = await superuser.run(sql`
      select from pg_catalog.pg_database where datname = ${database} and datdba <> ${DATABASE_OWNER_ROLE}::regrole`);
    if (other === undefined) return [];
    await superuser.run(sql`alter database ${sql.id(database)} owner to ${owner}`);
    return [`owner of database ${database}`];
  }
  const spare = sql.id(spareDatabase(slot));
  await dropDatabase(superuser, spareDatabase(slot));
  await superuser.run(sql`create database ${spare} owner ${owner} template template0 allow_connections false`);
  await superuser.run(sql`revoke all on database ${spare} from public`);
  await superuser.run(sql`comment on database ${spare} is ${sql.lit(markerText(slot))}`);
  await superuser.run(sql`alter database ${spare} rename to ${sql.id(database)}`);
  return [`database ${database}`];
}

function foreignDatabase(database: string): OperatorError {
  return new OperatorError("not_marked", `A database ${database} exists that this installation did not make.`, {
    hint: `Rename or drop ${database}, or install on another PostgreSQL server; it was not touched.`,
  });
}

/** PUBLIC may connect to every new database, `postgres` and `template1` included. */
export async function closeToPublic(superuser: Session, database: string): Promise<string[]> {
  const [row] = await superuser.run(sql<{ open: boolean }>`
    select pg_catalog.has_database_privilege('public', ${database}, 'connect')
      or pg_catalog.has_database_privilege('public', ${database}, 'temporary') as open`);
  if (row?.open !== true) return [];
  await superuser.run(sql`revoke all on database ${sql.id(database)} from public`);
  return [`PUBLIC's rights on ${database}`];
}

export async function grantConnect(superuser: Session, database: string, role: string): Promise<string[]> {
  const [row] = await superuser.run(
    sql<{ may: boolean }>`select pg_catalog.has_database_privilege(${role}, ${database}, 'connect') as may`,
  );
  if (row?.may === true) return [];
  await superuser.run(sql`grant connect on database ${sql.id(database)} to ${sql.id(role)}`);
  return [`${role} may connect to ${database}`];
}
