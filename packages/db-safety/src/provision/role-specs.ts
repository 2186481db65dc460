import {
  API_ROLE,
  DATABASE_OWNER_ROLE,
  MIGRATOR_ROLE,
  ROTATOR_ROLE,
  slotRole,
  SLOTS_ROLE,
  TEMPLATE_ROLE,
  WORKER_ROLE,
  type SlotId,
} from "@oroboros/slot-contract";
import { rolePassword } from "../slot-password.ts";

export type RoleSpec = Readonly<{
  name: string;
  /** Null for a role that can not log in. */
  password: string | null;
  createDatabases: boolean;
  createRoles: boolean;
  inherit: boolean;
  connectionLimit: number;
  memberOf: readonly string[];
  /** Of which it may also make others members. */
  adminOf: readonly string[];
}>;

export type RolePasswords = Readonly<{ api: string; worker: string }>;

const UNLIMITED = -1;
export const TEMPLATE_CONNECTIONS = 20;

/**
 * Every role of an installation, but for the slots' logins, which are made and dropped at run time. None is a superuser; the only one
 * that may make roles can not log in and nobody is a member of it, and the same holds for the owner of the live databases.
 */
export function roleSpecs(slots: readonly SlotId[], passwords: RolePasswords, slotPasswordKey: string): RoleSpec[] {
  const group: Omit<RoleSpec, "name"> = {
    password: null,
    createDatabases: false,
    createRoles: false,
    // What a definer function's owner is a member of counts for it without SET ROLE.
    inherit: true,
    connectionLimit: UNLIMITED,
    memberOf: [],
    adminOf: [],
  };
  const slotRoles = slots.map(slotRole);
  return [
    // Its rights in schema public come from pg_database_owner, of which a database's owner is a member.
    { ...group, name: MIGRATOR_ROLE },
    { ...group, name: API_ROLE, password: passwords.api, inherit: false },
    {
      ...group,
      name: TEMPLATE_ROLE,
      password: rolePassword(slotPasswordKey, TEMPLATE_ROLE),
      inherit: false,
      connectionLimit: TEMPLATE_CONNECTIONS,
    },
    ...[SLOTS_ROLE, ...slotRoles].map((name) => ({ ...group, name })),
    {
      ...group,
      name: WORKER_ROLE,
      password: passwords.worker,
      createDatabases: true,
      // Handing a clone's objects from the templates' role to the slot's needs the rights of both.
      memberOf: [TEMPLATE_ROLE, ...slotRoles],
    },
    // Hands a database that is not live any more to the worker, and takes the next one from it.
    { ...group, name: DATABASE_OWNER_ROLE, createDatabases: true, memberOf: [WORKER_ROLE] },
    {
      ...group,
      name: ROTATOR_ROLE,
      createRoles: true,
      memberOf: ["pg_signal_backend", "pg_read_all_stats"],
      adminOf: [SLOTS_ROLE, ...slotRoles],
    },
  ];
}
