import { requirePermit, type SlotDatabasePermit } from "./permit.ts";
import { rolePassword } from "./slot-password.ts";

/** The `DATABASE_URL` of the slot's backend. It holds the slot role's password. */
export function slotDatabaseUrl(permit: SlotDatabasePermit, slotPasswordKey: string): string {
  requirePermit(permit);
  const password = rolePassword(slotPasswordKey, permit.role);
  return `postgresql://${permit.role}:${password}@${permit.host}:${permit.port}/${permit.database}`;
}
