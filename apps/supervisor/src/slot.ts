import {
  asUser,
  childEnvironment,
  emptyDirectory,
  handlePath,
  killProcesses,
  removeOwned,
  runCommand,
  setLogAside,
  workingDirectory,
} from "@oroboros/host";
import type { StepResult } from "@oroboros/host/supervisor-client";
import type { Logger } from "@oroboros/service-kit";
import {
  type BackendCommand,
  backendLog,
  type BackendReport,
  OperatorError,
  type RuntimeContract,
  slotHome,
  type SlotId,
  slotRunPath,
  slotWorktrees,
  type StepRequest,
  type SupervisorConfig,
} from "@oroboros/slot-contract";
import { backendLogTail } from "./backend-job.ts";
import { type BackendOptions, openBackend } from "./backend.ts";
import { failure } from "./backend-failure.ts";
import { prepareHome, temporaryPath } from "./prepare-directories.ts";
import { type ProcessUsers, removeLeftovers } from "./process-users.ts";
import { openSlotDirectory } from "./slot-directory.ts";

export type SlotDeps = Readonly<{
  contract: RuntimeContract;
  slot: SlotId;
  users: ProcessUsers;
  config: SupervisorConfig;
  log: Logger;
  fetch: typeof fetch;
}>;

type StepOptions = Readonly<{
  signal: AbortSignal;
  onOutput: (stream: "stdout" | "stderr", chunk: Buffer) => void;
}>;

/** Everything that runs as one slot's user. */
export type Slot = Readonly<{
  runStep(request: StepRequest, options: StepOptions): Promise<StepResult>;
  backend(command: BackendCommand, options: BackendOptions): Promise<BackendReport>;
  backendLogTail(lines: number): Promise<string[]>;
  purge(): Promise<void>;
  stop(): Promise<void>;
}>;

const KILL_DEADLINE_MS = 10_000;
/** What a backend is given to end by itself: more while its slot goes on, little where somebody waits for the slot. */
const STOP_MS = { stop: 5_000, purge: 1_000 };

export function openSlot(deps: SlotDeps): Slot {
  const { contract, slot, users, config } = deps;
  const user = users.slot(slot);
  const backend = openBackend(deps);
  const steps = new Map<AbortController, Promise<unknown>>();

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
    for (const step of steps.keys()) step.abort();
    await Promise.all([Promise.allSettled(steps.values()), backend.end(graceMs)]);
    // Without a user of its own, a process shows whose it is by where it works, unless it moved away.
    const isTheSlots = (entry: { pid: number; uid: number }): boolean =>
      entry.uid === user.uid && (users.isolated || worksIn(deps, entry.pid));
    await killProcesses(isTheSlots, KILL_DEADLINE_MS);
  };
  return {
    runStep: async (request, options) => {
      refuseUntrusted();
      const abort = new AbortController();
      const running = runStep(deps, request, { ...options, signal: AbortSignal.any([options.signal, abort.signal]) });
      steps.set(abort, running);
      return running.finally(() => steps.delete(abort));
    },
    backend: async (command, options) => {
      try {
        refuseUntrusted();
      } catch (error) {
        return failure(command, slot, error);
      }
      return backend.obey(command, options);
    },
    backendLogTail: (lines) => backendLogTail(deps, lines),
    purge: async () => {
      refuseUntrusted();
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

async function runStep(
  { contract, slot, users, config }: SlotDeps,
  request: StepRequest,
  options: StepOptions,
): Promise<StepResult> {
  await using directory = await openSlotDirectory(contract, slot, request.cwd);
  const { exitCode, signal, timedOut, durationMs } = await runCommand({
    argv: asUser(users.slot(slot), request.argv),
    cwd: handlePath(directory),
    env: childEnvironment({
      source: config.step_env,
      declared: { ...request.env, TMPDIR: temporaryPath(contract, slot) },
      home: slotHome(contract, slot),
      path: config.step_path,
      packages: true,
    }),
    timeoutMs: request.timeout_ms,
    maxOutputBytes: 0,
    ...options,
  });
  return { exitCode, signal, timedOut, durationMs };
}
