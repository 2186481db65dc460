import type { LeaseRef } from "@oroboros/control-store";
import { slotDatabaseUrl } from "@oroboros/db-safety";
import { findBackendJob } from "@oroboros/host";
import type { Context } from "../context.ts";
import { writeJob } from "../publish/start-job.ts";
import { slotAccess } from "./slot-access.ts";

const HEALTH_TIMEOUT_MS = 15_000;

/**
 * Tells the slot's backend who it logs in as after a reset that was no publish's: the login of the grant that it was started under is
 * refused from then on. One that runs is started again, one that an operator stopped stays so. Says whether it was started.
 *
 * @throws OperatorError `stale_lease`.
 */
export async function renewBackend(context: Context, lease: LeaseRef): Promise<boolean> {
  const { slotId: slot, leaseEpoch } = lease;
  const job = await findBackendJob(context.contract, slot);
  if (job === undefined) return false;
  if (job.env["DATABASE_URL"] === slotDatabaseUrl(await slotAccess(context, slot))) return false;
  const before = await context.processes.backend(slot, "status");
  await writeJob(context, lease, job);
  if (!before.ok || before.state !== "running") return false;
  const report = await context.processes.backend(slot, "restart", { healthTimeoutMs: HEALTH_TIMEOUT_MS, leaseEpoch });
  if (!report.ok) context.log.warn({ slot, code: report.error.code }, "the backend did not come back after the reset");
  return report.ok;
}
