import type { LeaseRef } from "@oroboros/control-store";
import { slotDatabaseUrl } from "@oroboros/db-safety";
import { writeJobFile } from "@oroboros/host";
import { backendJobFile, type BackendReport, type SlotJob } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { slotAccess } from "../database/slot-access.ts";
import { underLease } from "./step-context.ts";

/**
 * Hands the slot's backend its job, to which the address of its database is added, and restarts it.
 *
 * @throws OperatorError `stale_lease`.
 */
export async function startJob(
  context: Context,
  lease: LeaseRef,
  job: SlotJob,
  options: { healthTimeoutMs?: number } = {},
): Promise<BackendReport> {
  await writeJob(context, lease, job);
  return context.processes.backend(lease.slotId, "restart", { ...options, leaseEpoch: lease.leaseEpoch });
}

/** What the slot's backend is the next time that it starts. */
export async function writeJob(context: Context, lease: LeaseRef, job: SlotJob): Promise<void> {
  const { slotId: slot } = lease;
  const url = slotDatabaseUrl(await slotAccess(context, slot));
  const file = backendJobFile(context.contract, slot);
  const { traceId } = context;
  const env = { ...job.env, DATABASE_URL: url, ...(traceId !== undefined && { TRACE_ID: traceId }) };
  const text = JSON.stringify({ ...job, env });
  await underLease({ context, lease }, () => writeJobFile(file, text));
}
