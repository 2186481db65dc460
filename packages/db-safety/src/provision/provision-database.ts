import {
  CONTROL_DATABASE,
  MIGRATOR_ROLE,
  OperatorError,
  slotDatabase,
  slotRole,
  spareDatabase,
  WORKER_ROLE,
  type SlotId,
} from "@oroboros/slot-contract";
import { sql } from "kysely";
import { databaseComment, databaseExists, dropDatabase } from "../databases.ts";
import { markedSlot, markerText } from "../marker.ts";
import type { Session } from "../session.ts";
import { openAsOwner } from "../sessions.ts";
import type { SlotServer } from "../slot-server.ts";

export async function provisionControlDatabase(superuser: Session): Promise<string[]> {
  if (await databaseExists(superuser, CONTROL_DATABASE)) return [];
  await superuser.run(
    sql`create database ${sql.id(CONTROL_DATABASE)} owner ${sql.id(MIGRATOR_ROLE)} template template0`,
  );
  return [`database ${CONTROL_DATABASE}`];
}

/**
 * Makes a slot's first, empty database under the spare's name and renames it when it is complete, so that a database of the
 * slot's name is either finished and marked or not ours.
 *
 * @throws OperatorError `not_marked` where a foreign database has the slot's name.
 */
export async function provisionSlotDatabase(superuser: Session, server: SlotServer, slot: SlotId): Promise<string[]> {
  const database = slotDatabase(slot);
  if (await databaseExists(superuser, database)) {
    if (markedSlot(await databaseComment(superuser, database)) === slot) return [];
    throw new OperatorError("not_marked", `A database ${database} exists that this installation did not make.`, {
      hint: `Rename or drop ${database}, or install on another PostgreSQL server; it was not touched.`,
    });
  }
  const spare = sql.id(spareDatabase(slot));
  const role = sql.id(slotRole(slot));
  await dropDatabase(superuser, spareDatabase(slot));
  await superuser.run(sql`
    create database ${spare} owner ${sql.id(WORKER_ROLE)} template template0 allow_connections false`);
  await superuser.run(sql`revoke all on database ${spare} from public`);
  await superuser.run(sql`grant create, temporary on database ${spare} to ${role}`);
  await superuser.run(sql`alter database ${spare} with allow_connections true`);
  await givePublicSchema(server, slot);
  await superuser.run(sql`grant connect on database ${spare} to ${role}`);
  await superuser.run(sql`comment on database ${spare} is ${sql.lit(markerText(slot))}`);
  await superuser.run(sql`alter database ${spare} rename to ${sql.id(database)}`);
  return [`database ${database}`];
}

async function givePublicSchema(server: SlotServer, slot: SlotId): Promise<void> {
  await using inside = await openAsOwner(server, spareDatabase(slot));
  await inside.run(sql`alter schema public owner to ${sql.id(slotRole(slot))}`);
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
