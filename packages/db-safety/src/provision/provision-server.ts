import { API_ROLE, CONTROL_DATABASE, OperatorError, slotDatabase, WORKER_ROLE, type SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { parseDatabaseUrl } from "../parse-database-url.ts";
import { openSession, type Session } from "../session.ts";
import { slotServer } from "../slot-server.ts";
import {
  closeToPublic,
  grantConnect,
  provisionControlDatabase,
  provisionSlotDatabase,
} from "./provision-database.ts";
import { provisionRole } from "./provision-role.ts";
import { roleSpecs, type RolePasswords } from "./role-specs.ts";

const SHARED_DATABASES = [CONTROL_DATABASE, "postgres", "template1"];

export type ProvisionRequest = Readonly<{
  /** A superuser's URL, used by the installation and by nothing at run time. */
  superuserUrl: string;
  slots: readonly SlotId[];
  passwords: RolePasswords;
  slotPasswordKey: string;
}>;

/**
 * Makes a PostgreSQL server ready: the roles, the control database, an empty database per slot, and nothing open to PUBLIC.
 * Repeating it changes nothing and says so with an empty list.
 *
 * @throws OperatorError `unreachable`; `not_marked` where a foreign database has a slot database's name.
 */
export async function provisionServer(request: ProvisionRequest): Promise<{ changed: string[] }> {
  const { slots, passwords, slotPasswordKey } = request;
  const server = slotServer(workerUrlOf(request));
  await using superuser = await openAsSuperuser(request.superuserUrl);
  await superuser.run(sql`select pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended('oroboros:provision', 0))`);

  const changed: string[] = [];
  for (const spec of roleSpecs(slots, passwords, slotPasswordKey)) changed.push(...(await provisionRole(superuser, spec)));
  changed.push(...(await provisionControlDatabase(superuser)));
  for (const database of SHARED_DATABASES) changed.push(...(await closeToPublic(superuser, database)));
  // After closing: until then a role may connect because everyone may.
  for (const role of [API_ROLE, WORKER_ROLE]) changed.push(...(await grantConnect(superuser, CONTROL_DATABASE, role)));
  for (const slot of slots) {
    changed.push(...(await provisionSlotDatabase(superuser, server, slot)));
    changed.push(...(await closeToPublic(superuser, slotDatabase(slot))));
  }
  return { changed };
}

function workerUrlOf({ superuserUrl, passwords }: ProvisionRequest): string {
  const { host, port } = parseDatabaseUrl(superuserUrl, "The superuser's URL");
  const address = port === undefined ? host : `${host}:${port}`;
  return `postgresql://${WORKER_ROLE}:${encodeURIComponent(passwords.worker)}@${address}/${CONTROL_DATABASE}`;
}

function openAsSuperuser(superuserUrl: string): Promise<Session> {
  const { host, port } = slotServer(superuserUrl);
  const { user, password, database } = parseDatabaseUrl(superuserUrl, "The superuser's URL");
  if (user === undefined || database === undefined) {
    throw new OperatorError("invalid_url", "The superuser's URL names no user or no database.", {
      hint: "Write it as postgresql://user:password@host:port/postgres.",
    });
  }
  return openSession({
    host,
    port,
    database,
    role: user,
    password: decodeURIComponent(password ?? ""),
    searchPath: "pg_catalog",
    markedFor: null,
  });
}
