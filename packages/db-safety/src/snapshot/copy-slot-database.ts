import { OperatorError, type LeaseEpoch } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { accessCall, staleGrant } from "../access/call-access.ts";
import { appliedChecksums, type AppliedMigrations } from "../apply-migrations.ts";
import { copyDatabase } from "../copy-database.ts";
import { dropDatabase, elapsedSince, serverTime } from "../databases.ts";
import { emptyOfSessions } from "../end-sessions.ts";
import { requirePermit, type SlotDatabasePermit } from "../permit.ts";
import type { Session } from "../session.ts";
import { openAsSlot } from "../sessions.ts";
import type { SlotAccess } from "../slot-access.ts";
import { openHoldingSlot, tidySlot } from "../slot-databases.ts";
import type { SlotServer } from "../slot-server.ts";
import { templateLock } from "../template-registry.ts";
import { takeBack } from "./take-back.ts";

type CopyRequest = Readonly<{
  server: SlotServer;
  leaseEpoch: LeaseEpoch;
  to: string;
  signal?: AbortSignal | undefined;
}>;

/**
 * Copies a slot's live database, which lets nobody in meanwhile, to where an earlier copy may have left something, and says which
 * migrations it has. A process that is killed half way leaves it closed until the next one that works on the slot's databases, or a
 * round of the worker, opens it again.
 *
 * @throws OperatorError `stale_lease`, `not_marked`, `identity_mismatch`, `disk_full`, or `snapshot_failed` where it is in use by what
 *   can not be ended.
 */
export async function copySlotDatabase(
  access: SlotAccess,
  { server, leaseEpoch, to, signal }: CopyRequest,
): Promise<{ closedMs: number; migrations: AppliedMigrations }> {
  const { permit } = access;
  requirePermit(permit);
  const grant = { slot: permit.slot, leaseEpoch };
  await using owner = await openHoldingSlot(permit, server, { signal });
  await tidySlot(owner, permit.slot);
  // A copy goes on for a while after its process was killed: until then nobody takes its place for empty.
  await owner.run(sql`select pg_catalog.pg_advisory_lock(${templateLock(to)})`);
  await dropDatabase(owner, to);
  const migrations = await readMigrations(access);
  const closedAt = await serverTime(owner);
  const bytes = await lend(owner, permit, leaseEpoch);
  try {
    if (!(await emptyOfSessions(owner, grant))) throw inUse(permit, new Error("sessions in it did not end"));
    signal?.throwIfAborted();
    await copyDatabase(owner, { server, from: permit.database, to, bytes }).catch((error: unknown) => {
      throw error instanceof OperatorError ? error : inUse(permit, error);
    });
  } finally {
    await takeBack(owner, permit.slot);
  }
  return { closedMs: await elapsedSince(owner, closedAt), migrations };
}

/** With the slot's own rights: what stands there in place of the runtime's table runs with those of who reads it. */
async function readMigrations(access: SlotAccess): Promise<AppliedMigrations> {
  await using session = await openAsSlot(access, { searchPath: "pg_catalog" });
  return await appliedChecksums(session);
}

async function lend(owner: Session, permit: SlotDatabasePermit, leaseEpoch: LeaseEpoch): Promise<string> {
  const grant = { slot: permit.slot, leaseEpoch };
  const [lent] = await owner.run(accessCall<string | null>("lend_live", grant)).catch((error: unknown) => {
    throw staleGrant(error, grant) ?? error;
  });
  if (typeof lent?.value === "string") return lent.value;
  throw inUse(permit, new Error("there is no such database"));
}

function inUse({ database, slot }: SlotDatabasePermit, cause: unknown): OperatorError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new OperatorError("snapshot_failed", `${database} could not be copied: ${reason}.`, {
    hint: `${slot} goes on with it as it was. See what is in it with: select * from pg_stat_activity where datname = '${database}'; select * from pg_prepared_xacts;`,
    cause,
  });
}
