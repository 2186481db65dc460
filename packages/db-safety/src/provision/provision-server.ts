import {
  API_ROLE,
  CONTROL_DATABASE,
  ROTATOR_ROLE,
  slotDatabase,
  WORKER_ROLE,
  type SlotId,
} from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Session } from "../session.ts";
import { closeToPublic, grantConnect, provisionControlDatabase, provisionSlotDatabase } from "./provision-database.ts";
import { limitLogins } from "./limit-logins.ts";
import { provisionRole } from "./provision-role.ts";
import { requireSettings } from "./require-settings.ts";
import { roleSpecs, type RolePasswords } from "./role-specs.ts";
import { openAsSuperuser } from "./superuser-access.ts";

const SHARED_DATABASES = [CONTROL_DATABASE, "postgres", "template1"];

type ProvisionRequest = Readonly<{
  /** Used by the installation and by nothing at run time; `?host=/directory` for a socket. */
  superuserUrl: string;
  slots: readonly SlotId[];
  passwords: RolePasswords;
  slotPasswordKey: string;
}>;

/**
 * Makes a PostgreSQL server ready: the roles, the control database, an empty database per slot, nothing open to PUBLIC, and a limit
 * for logins that do not go on.
 * Repeating it changes nothing and says so with an empty list.
 *
 * @throws OperatorError `invalid_url` or `unreachable`; `not_set_up` where slots could take all of its sessions, or keep their
 *   databases from being replaced; `not_marked` where a foreign database has a slot database's name.
 */
export async function provisionServer(request: ProvisionRequest): Promise<{ changed: string[] }> {
  const { slots, passwords, slotPasswordKey } = request;

  await using superuser = await openAsSuperuser(request.superuserUrl);
  await requireSettings(superuser, slots.length);
  await superuser.run(sql`select pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended('oroboros:provision', 0))`);

  const changed = await limitLogins(superuser);
  for (const spec of roleSpecs(slots, passwords, slotPasswordKey))
    changed.push(...(await provisionRole(superuser, spec)));
  changed.push(...(await allowLimit(superuser)));
  changed.push(...(await provisionControlDatabase(superuser)));
  for (const database of SHARED_DATABASES) changed.push(...(await closeToPublic(superuser, database)));
  // After closing: until then a role may connect because everyone may.
  for (const role of [API_ROLE, WORKER_ROLE]) changed.push(...(await grantConnect(superuser, CONTROL_DATABASE, role)));
  for (const slot of slots) {
    changed.push(...(await provisionSlotDatabase(superuser, slot)));
    changed.push(...(await closeToPublic(superuser, slotDatabase(slot))));
  }
  return { changed };
}

/** The limit on temporary files is a superuser's setting, so that a login can not undo it; the rotator sets it for each. */
async function allowLimit(superuser: Session): Promise<string[]> {
  const [row] = await superuser.run(sql<{ may: boolean }>`
    select pg_catalog.has_parameter_privilege(${ROTATOR_ROLE}, 'temp_file_limit', 'set') as may`);
  if (row?.may === true) return [];
  await superuser.run(sql`grant set on parameter temp_file_limit to ${sql.id(ROTATOR_ROLE)}`);
  return ["limit of temporary files"];
}
