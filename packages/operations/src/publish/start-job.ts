import { slotDatabaseUrl } from "@oroboros/db-safety";
import { writeFileAtomic } from "@oroboros/host";
import { backendJobFile, type BackendReport, type SlotId, type SlotJob } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { slotPermit } from "../database/slot-permit.ts";

/** Readable by the slot's group only: the job carries the slot's database password. */
const JOB_MODE = 0o640;

/** Hands the slot's backend its job, to which the address of its database is added, and restarts it. */
export async function startJob(
  context: Context,
  slot: SlotId,
  job: SlotJob,
  options: { healthTimeoutMs?: number } = {},
): Promise<BackendReport> {
  const url = slotDatabaseUrl(slotPermit(context, slot), context.slotPasswordKey);
  const file = backendJobFile(context.contract, slot);
  await writeFileAtomic(file, JSON.stringify({ ...job, env: { ...job.env, DATABASE_URL: url } }), { mode: JOB_MODE });
  return context.processes.backend(slot, "restart", options);
}
