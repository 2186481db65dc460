import { slotLogin, slotRole, type LeaseEpoch, type SlotId } from "@oroboros/slot-contract";
import { requirePermit, type SlotDatabasePermit } from "./permit.ts";
import { rolePassword } from "./slot-password.ts";

/** What the control database says that a session in the slot's live database has to meet there. */
export type SlotIdentity = Readonly<{ loginEpoch: LeaseEpoch; databaseOid: string; systemIdentifier: string }>;

/** All that a session in a slot's live database needs. */
export type SlotAccess = Readonly<{ permit: SlotDatabasePermit; identity: SlotIdentity; slotPasswordKey: string }>;

/** Who logs in, and with what. The password is derived, so that it is stored nowhere, and another one for each database. */
export function credentialsOf(
  slot: SlotId,
  { loginEpoch, databaseOid }: Pick<SlotIdentity, "loginEpoch" | "databaseOid">,
  slotPasswordKey: string,
): { login: string; password: string } {
  return { login: slotLogin(slot, loginEpoch), password: loginPassword(slot, databaseOid, slotPasswordKey) };
}

export const loginPassword = (slot: SlotId, databaseOid: string, slotPasswordKey: string): string =>
  rolePassword(slotPasswordKey, `${slotRole(slot)}:${databaseOid}`);

/** The `DATABASE_URL` of the slot's backend. It holds the login's password. */
export function slotDatabaseUrl({ permit, identity, slotPasswordKey }: SlotAccess): string {
  requirePermit(permit);
  const { login, password } = credentialsOf(permit.slot, identity, slotPasswordKey);
  return `postgresql://${login}:${password}@${permit.host}:${permit.port}/${permit.database}`;
}
