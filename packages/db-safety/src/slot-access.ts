import { slotLogin, type LeaseEpoch, type SlotId } from "@oroboros/slot-contract";
import { requirePermit, type SlotDatabasePermit } from "./permit.ts";
import { rolePassword } from "./slot-password.ts";

/** What the control database says that a session in the slot's live database has to meet there. */
export type SlotIdentity = Readonly<{ loginEpoch: LeaseEpoch; databaseOid: string; systemIdentifier: string }>;

/** All that a session in a slot's live database needs. */
export type SlotAccess = Readonly<{ permit: SlotDatabasePermit; identity: SlotIdentity; slotPasswordKey: string }>;

/** Who logs in, and with what; derived, so that it is stored nowhere. */
export function credentialsOf(
  slot: SlotId,
  loginEpoch: LeaseEpoch,
  slotPasswordKey: string,
): { login: string; password: string } {
  const login = slotLogin(slot, loginEpoch);
  return { login, password: rolePassword(slotPasswordKey, login) };
}

/** The `DATABASE_URL` of the slot's backend. It holds the login's password. */
export function slotDatabaseUrl({ permit, identity, slotPasswordKey }: SlotAccess): string {
  requirePermit(permit);
  const { login, password } = credentialsOf(permit.slot, identity.loginEpoch, slotPasswordKey);
  return `postgresql://${login}:${password}@${permit.host}:${permit.port}/${permit.database}`;
}
