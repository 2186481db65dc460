import { SLOT_ACCESS_SCHEMA, slotLogin, slotNumber, WORKER_ROLE, type LeaseEpoch } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { callAccess } from "../access/call-access.ts";
import { emptyOfSessions } from "../end-sessions.ts";
import { requirePermit, type SlotDatabasePermit } from "../permit.ts";
import { openAsOwner } from "../sessions.ts";
import type { SlotAccess } from "../slot-access.ts";
import type { SlotServer } from "../slot-server.ts";
import type { WithLeaseHeld } from "../with-lease-held.ts";
import { sizeLimit, type SlotLimits } from "./slot-limits.ts";

export type DatabaseSize = Readonly<{
  bytes: number;
  limit: number;
  /** The slot's login was let in no more. */
  isLockedOut: boolean;
}>;

/** How large the slot's live database is and may be; asked without a session in it. */
export async function measureSlotDatabase(
  { permit, identity }: SlotAccess,
  { server, limits }: { server: SlotServer; limits: SlotLimits },
): Promise<DatabaseSize> {
  requirePermit(permit);
  await using owner = await openAsOwner(server);
  // Of templates that the worker owns: with that comes the right to ask for their sizes.
  const [row] = await owner.run(sql<{ bytes: string | null; template: string | null; canLogIn: boolean }>`
    select ${sql.id(SLOT_ACCESS_SCHEMA, "database_bytes")}(${slotNumber(permit.slot)}) as bytes,
      (select max(pg_catalog.pg_database_size(oid)) from pg_catalog.pg_database
       where datistemplate and datdba = ${WORKER_ROLE}::regrole) as template,
      exists (select from pg_catalog.pg_roles
        where rolname = ${slotLogin(permit.slot, identity.loginEpoch)} and rolcanlogin) as "canLogIn"`);
  return {
    bytes: Number(row?.bytes ?? 0),
    limit: sizeLimit(limits, Number(row?.template ?? 0)),
    isLockedOut: row?.canLogIn !== true,
  };
}

type CapRequest = Readonly<{
  server: SlotServer;
  leaseEpoch: LeaseEpoch;
  limit: number;
  /** Is given how large the database had become, to write that down in the same transaction; null where nothing was done. */
  withLeaseHeld: WithLeaseHeld<number | null>;
}>;

/**
 * Lets the slot's login in no more where its database is larger than the limit, and ends its sessions. The next reset gives the slot a
 * fresh database. Safe to repeat.
 *
 * @throws OperatorError what `withLeaseHeld` throws, `stale_lease`; an error of PostgreSQL's where a session is in the way once more.
 */
export async function capSlotDatabase(permit: SlotDatabasePermit, request: CapRequest): Promise<void> {
  requirePermit(permit);
  const { server, leaseEpoch, limit, withLeaseHeld } = request;
  const grant = { slot: permit.slot, leaseEpoch };
  await using owner = await openAsOwner(server);
  // Before it as well: a session that has changed its own role in an open transaction keeps everybody else from changing it.
  await emptyOfSessions(owner, grant);
  await withLeaseHeld(async (tx) => {
    const bytes = await callAccess<string | null>(tx, owner, "cap_database", grant, limit);
    return bytes === null ? null : Number(bytes);
  });
  await emptyOfSessions(owner, grant);
}
