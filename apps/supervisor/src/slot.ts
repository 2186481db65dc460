import { emptyDirectory, killProcesses, killUser, removeOwned, setLogAside, workingDirectory } from "@oroboros/host";
import { backendLogTail, failure, inTurn, openEpochFence } from "@oroboros/host/slot-driver";
import type { StepResult } from "@oroboros/host/supervisor-client";
import type { Logger } from "@oroboros/service-kit";
import {
  type BackendCommand,
  backendLog,
  type BackendReport,
  type LeaseEpoch,
  OperatorError,
  type RuntimeContract,
  slotHome,
  type SlotId,
  slotRunPath,
  slotWorktrees,
  type StepRequest,
} from "@oroboros/slot-contract";
import type { SupervisorConfig } from "@oroboros/slot-contract/environments";
import { type BackendOptions, openBackend } from "./backend.ts";
import { epochFile, prepareHome } from "./prepare-directories.ts";
import { type ProcessUsers, removeLeftovers } from "./process-users.ts";
import { openSteps, type StepOptions } from "./slot-steps.ts";

export type SlotDeps = Readonly<{
  contract: RuntimeContract;
  slot: SlotId;
  users: ProcessUsers;
  config: SupervisorConfig;
  log: Logger;
  fetch: typeof fetch;
}>;

/**
 * Everything that runs as one slot's user. Whoever works under a lease presents its epoch: a greater one than before ends the steps
 * of those before, and a smaller one is refused with `stale_lease`.
 */
export type Slot = Readonly<{
  runStep(request: StepRequest, options: StepOptions): Promise<StepResult>;
  backend(command: BackendCommand, options: SlotBackendOptions): Promise<BackendReport>;
  backendLogTail(lines: number): Promise<string[]>;
  runningSteps(): number;
  purge(leaseEpoch?: LeaseEpoch): Promise<void>;
  stop(): Promise<void>;
}>;

type SlotBackendOptions = Omit<BackendOptions, "present"> & Readonly<{ leaseEpoch?: LeaseEpoch | undefined }>;

const KILL_DEADLINE_MS = 10_000;
/** What a backend is given to end by itself: more while its slot goes on, little where somebody waits for the slot. */
const STOP_MS = { stop: 5_000, purge: 1_000 };

export async function openSlot(deps: SlotDeps): Promise<Slot> {
  const { contract, slot, users, config } = deps;
  const user = users.slot(slot);
  const backend = openBackend(deps);
  const steps = openSteps(deps);
  const fence = await openEpochFence({ slot, file: epochFile(contract, slot) });
  const purges = inTurn();
  const admit = async (epoch: LeaseEpoch | undefined): Promise<void> => {
    if (epoch === undefined) return;
    if (await fence.present(epoch)) await steps.end({ before: epoch });
    // What is being emptied is not written to.
    await purges(async () => undefined);
    fence.check(epoch);
  };

  const refuseUntrusted = (): void => {
    if (users.isolated || config.trust_branch) return;
    throw new OperatorError(
      "branch_not_trusted",
      `${slot} runs nothing: without root, branch code would run as the installation's own user.`,
      {
        hint: "Run the installation as root, or start it with --trust-branch if you trust every branch.",
      },
    );
  };
  const stop = async (graceMs: number): Promise<void> => {
    await Promise.all([steps.end(), backend.end(graceMs)]);
    if (users.isolated) return killUser(user, KILL_DEADLINE_MS);
    // Without a user of its own, a process shows whose it is by where it works, unless it moved away.
    return killProcesses(({ uid, pid }) => uid === user.uid && worksIn(deps, pid), KILL_DEADLINE_MS);
  };
  const empty = async (): Promise<void> => {
    await stop(STOP_MS.purge);
    await Promise.all([
      emptyDirectory(slotWorktrees(contract, slot)),
      emptyDirectory(slotHome(contract, slot)),
      emptyDirectory(slotRunPath(contract, slot)),
    ]);
    // The next run's log shows the next run only.
    setLogAside(backendLog(contract, slot));
    if (users.isolated) await removeOwned(user.uid);
    prepareHome(contract, users, slot);
  };
  return {
    runStep: async (request, options) => {
      refuseUntrusted();
      await admit(options.leaseEpoch);
      return steps.run(request, options);
    },
    backend: async (command, { leaseEpoch, ...options }) => {
      await admit(leaseEpoch);
      try {
        refuseUntrusted();
      } catch (error) {
        return failure(command, slot, error);
      }
      return backend.obey(command, { ...options, present: () => fence.check(leaseEpoch) });
    },
    backendLogTail: (lines) => backendLogTail(deps, lines),
    runningSteps: () => steps.count(),
    purge: async (leaseEpoch) => {
      refuseUntrusted();
      await admit(leaseEpoch);
      await purges(async () => {
        fence.check(leaseEpoch);
        await empty();
      });
    },
    stop: async () => {
      await stop(STOP_MS.stop);
      await removeLeftovers(user, deps);
    },
  };
}

function worksIn({ contract, slot }: SlotDeps, pid: number): boolean {
  const directory = workingDirectory(pid);
  return [slotWorktrees(contract, slot), slotHome(contract, slot)].some((own) => `${directory}/`.startsWith(`${own}/`));
}
