import { handlePath } from "@oroboros/host";
import { BACKEND_STARTED, findProgram, openSlotDirectory } from "@oroboros/host/slot-driver";
import { backendStartFile } from "@oroboros/slot-contract/host";
import { host, ownSlot } from "./env.ts";
import { isRunnable, readJob } from "./read-job.ts";

const MAX_JOB_BYTES = 1_048_576;

/** Becomes the slot's backend (execve(2)): systemd watches that very process, and nothing of this one stays in memory. */
export async function backend(): Promise<never> {
  process.stdout.write(`${BACKEND_STARTED}\n`);
  const slot = ownSlot();
  const job = await readJob(backendStartFile(host, slot), { isJob: isRunnable, maxBytes: MAX_JOB_BYTES });
  const directory = await openSlotDirectory(host, slot, job.cwd);
  process.chdir(handlePath(directory));
  const program = findProgram(job.argv[0], job.env["PATH"] ?? "");
  if (process.execve === undefined) throw new Error("this Node.js can not become another program");
  return process.execve(program, [...job.argv], { ...job.env });
}
