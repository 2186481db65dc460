import { childEnvironment, handlePath, type RunningProcess } from "@oroboros/host";
import { BACKEND_STARTED, openSlotDirectory, readBackendJob, temporaryPath } from "@oroboros/host/slot-driver";
import { backendLog, slotHome, type SlotJob } from "@oroboros/slot-contract";
import type { SlotDeps } from "./slot.ts";
import { startSupervised } from "./supervised-process.ts";

/** What the slot's backend is to run. Root's own commands write it too. */
export const readJob = (deps: SlotDeps, worktreePath: string | null): Promise<SlotJob> =>
  readBackendJob({ ...deps, ownerUids: [deps.users.control.uid, 0] }, worktreePath);

/** @throws OperatorError what {@link readJob} throws; `path_refused` and `path_not_found` for where the job would run. */
export async function requireBackendJob(deps: SlotDeps, worktreePath: string | null): Promise<void> {
  const { cwd } = await readJob(deps, worktreePath);
  await using _directory = await openSlotDirectory(deps.contract, deps.slot, cwd);
}

export async function startBackendJob(deps: SlotDeps, job: SlotJob): Promise<RunningProcess> {
  const { contract, slot, users, config, log } = deps;
  await using directory = await openSlotDirectory(contract, slot, job.cwd);
  return startSupervised({
    user: users.slot(slot),
    argv: job.argv,
    cwd: handlePath(directory),
    env: childEnvironment({
      source: config.step_env,
      declared: { ...job.env, TMPDIR: temporaryPath(contract, slot) },
      home: slotHome(contract, slot),
      path: config.step_path,
    }),
    logPath: backendLog(contract, slot),
    heading: BACKEND_STARTED,
    log,
  });
}
