import { backendUnit, slotHome, type SlotId, type SlotJob } from "@oroboros/slot-contract";
import { backendInvocationFile, backendStartFile, commandPath, slotUser } from "@oroboros/slot-contract/host";
import { accountOf } from "../accounts.ts";
import { childEnvironment } from "../child-environment.ts";
import { openDirectory } from "../open-confined.ts";
import { readBackendJob } from "../slot/backend-job.ts";
import { claimPort } from "../slot/claim-port.ts";
import { requireSlotPath, temporaryPath } from "../slot/slot-directory.ts";
import { startUnit, unitFailed } from "./systemctl.ts";
import { jobOwners, type SystemdHost } from "./systemd-host.ts";
import { unitState, type UnitState } from "./unit-state.ts";
import { writeJobFile } from "../write-job-file.ts";

const START_DEADLINE_MS = 60_000;

/**
 * The job that was published, in another worktree where one is named.
 *
 * @throws OperatorError what `readBackendJob` throws; `path_refused` and `path_not_found` for where it would run.
 */
export async function findJob({ contract }: SystemdHost, slot: SlotId, worktreePath: string | null): Promise<SlotJob> {
  const job = await readBackendJob({ contract, slot, ownerUids: jobOwners() }, worktreePath);
  requireSlotPath(contract, slot, job.cwd);
  // A home is nobody's but the slot's, and always there.
  if (job.cwd !== slotHome(contract, slot)) {
    await using _directory = await openDirectory(job.cwd);
  }
  return job;
}

/** @throws OperatorError `port_taken`, `unit_failed`, `command_refused`. */
export async function startBackend(
  { contract }: SystemdHost,
  slot: SlotId,
  { job, enter }: { job: SlotJob; enter: (task: () => Promise<UnitState>) => Promise<UnitState> },
): Promise<UnitState> {
  const unit = backendUnit(contract, slot);
  await claimPort({ contract, slot }, { isLeftover: ({ uid }) => uid === slotUid(slot), end: async () => undefined });
  return enter(async () => {
    await writeJobFile(
      backendStartFile(contract, slot),
      JSON.stringify({ ...job, env: environmentOf(contract, slot, job) }),
    );
    const { hasWorked, said } = await startUnit(unit, START_DEADLINE_MS);
    if (!hasWorked) throw unitFailed(unit, `could not be started: ${said}`);
    const state = await unitState(unit);
    await writeJobFile(backendInvocationFile(contract, slot), state.invocationId);
    return state;
  });
}

/** Of its own processes, one that has not let go of the port yet is about to end. */
const slotUid = (slot: SlotId): number => accountOf(slotUser(slot)).uid;

const environmentOf = (contract: SystemdHost["contract"], slot: SlotId, { env }: SlotJob): Record<string, string> =>
  childEnvironment({
    source: {},
    declared: { ...env, TMPDIR: temporaryPath(contract, slot) },
    home: slotHome(contract, slot),
    path: commandPath(contract),
  });
