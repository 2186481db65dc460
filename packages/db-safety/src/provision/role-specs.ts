import { API_ROLE, MIGRATOR_ROLE, slotRole, TEMPLATE_ROLE, WORKER_ROLE, type SlotId } from "@oroboros/slot-contract";
import { rolePassword } from "../slot-password.ts";

export type RoleSpec = Readonly<{
  name: string;
  /** Null for a role that can not log in. */
  password: string | null;
  createDatabases: boolean;
  inherit: boolean;
  connectionLimit: number;
  memberOf: readonly string[];
}>;

export type RolePasswords = Readonly<{ api: string; worker: string }>;

const UNLIMITED = -1;
const SLOT_CONNECTIONS = 20;

/** Every role of an installation. None is a superuser or may make roles; a slot's role is a member of nothing. */
export function roleSpecs(slots: readonly SlotId[], passwords: RolePasswords, slotPasswordKey: string): RoleSpec[] {
  const plain = { createDatabases: false, inherit: false, connectionLimit: UNLIMITED, memberOf: [] };
  const derived = (name: string): RoleSpec => ({
    ...plain,
    name,
    password: rolePassword(slotPasswordKey, name),
    connectionLimit: SLOT_CONNECTIONS,
  });
  const slotRoles = slots.map(slotRole);
  return [
    // Its rights in schema public come from pg_database_owner, of which a database's owner is a member.
    { ...plain, name: MIGRATOR_ROLE, password: null, inherit: true },
    { ...plain, name: API_ROLE, password: passwords.api },
    ...[TEMPLATE_ROLE, ...slotRoles].map(derived),
    {
      ...plain,
      name: WORKER_ROLE,
      password: passwords.worker,
      createDatabases: true,
      // Handing a clone's objects from the templates' role to the slot's needs the rights of both.
      inherit: true,
      memberOf: [TEMPLATE_ROLE, ...slotRoles],
    },
  ];
}
