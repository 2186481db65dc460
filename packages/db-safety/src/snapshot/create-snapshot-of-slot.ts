import { snapshotDatabase, type LeaseEpoch } from "@oroboros/slot-contract";
import { dropDatabase } from "../databases.ts";
import { fingerprintDatabase } from "../fingerprint/fingerprint-database.ts";
import { openForTemplateRole } from "../open-for-template-role.ts";
import { requirePermit } from "../permit.ts";
import { openAsOwner, openAsSlot } from "../sessions.ts";
import type { SlotAccess } from "../slot-access.ts";
import type { SlotServer } from "../slot-server.ts";
import { untilStopped, type Stop } from "../until-stopped.ts";
import { copySlotDatabase } from "./copy-slot-database.ts";
import { readSnapshot, sealSnapshot, type SnapshotFacts } from "./seal-snapshot.ts";
import { takeOverCopy } from "./take-over-copy.ts";

type Request = Readonly<{
  server: SlotServer;
  leaseEpoch: LeaseEpoch;
  /** Held by the caller, like its version. */
  id: string;
  version: string;
  signal?: AbortSignal | undefined;
}>;

/**
 * Makes a snapshot's database of what a slot's holds now. The slot's own lets nobody in while it is copied, for `closedMs`; a failure
 * leaves nothing of the snapshot.
 *
 * @throws OperatorError what `openAsSlot` and `copySlotDatabase` throw, `snapshot_refused`.
 */
export async function createSnapshotOfSlot(
  access: SlotAccess,
  { server, leaseEpoch, id, version, signal }: Request,
): Promise<SnapshotFacts & { closedMs: number }> {
  const { permit, slotPasswordKey } = access;
  requirePermit(permit);
  const database = snapshotDatabase(id);
  await using owner = await openAsOwner(server);
  try {
    const { closedMs, migrations } = await copySlotDatabase(access, { server, leaseEpoch, to: database, signal });
    await openForTemplateRole(owner, database);
    const { slot, role } = permit;
    await takeOverCopy(server, { database, role, slot, slotPasswordKey, migrations });
    const facts = await readSnapshot(server, { database, slotPasswordKey, signal });
    await sealSnapshot(owner, { database, version, ...facts });
    return { ...facts, closedMs };
  } catch (error) {
    await dropDatabase(owner, database);
    throw error;
  }
}

/** The fingerprint of what a slot's database holds now. */
export async function fingerprintSlotDatabase(access: SlotAccess, stop?: Stop): Promise<string> {
  await using session = await openAsSlot(access, { searchPath: "pg_catalog" });
  return await untilStopped(session, stop, () => fingerprintDatabase(session));
}
