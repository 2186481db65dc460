import { killProcesses, type RunningProcess, systemClock, terminate } from "@oroboros/host";
import {
  awaitHealthy,
  backendReport,
  becomesHealthy,
  checkHealth,
  claimPort,
  endedMeanwhile,
  failure,
  healthUrlOf,
  inTurn,
} from "@oroboros/host/slot-driver";
import type { BackendCommand, BackendReport, SlotJob } from "@oroboros/slot-contract";
import { readJob, requireBackendJob, startBackendJob } from "./backend-job.ts";
import { openRestarts } from "./restarts.ts";
import type { SlotDeps } from "./slot.ts";

export type BackendOptions = Readonly<{
  healthTimeoutMs: number;
  worktreePath: string | null;
  /** Throws once somebody else has the slot: a command may wait for its turn, and for the one before to end. */
  present?: () => void;
}>;

export type Backend = Readonly<{
  /** Never throws for what an operator can act on: that is the report of a command that failed. */
  obey(command: BackendCommand, options: BackendOptions): Promise<BackendReport>;
  /** Ends the backend at the latest after `graceMs`, whatever command is under way; that one fails. */
  end(graceMs: number): Promise<void>;
}>;

const STOP_MS = 5_000;
const KILL_DEADLINE_MS = 5_000;

type Current = { readonly process: RunningProcess; readonly job: SlotJob; hasEnded: boolean };

/** A slot's backend process: there is one or there is none, and only `start` and `restart` make one. */
export function openBackend(deps: SlotDeps): Backend {
  const { slot, log } = deps;
  const healthUrl = (job: Pick<SlotJob, "health">): string => healthUrlOf(deps, job);
  const turn = inTurn();
  let current: Current | undefined;
  let last: Pick<SlotJob, "health"> = { health: "/health" };
  let ending = new AbortController();
  let told: Current | undefined;
  let worktree: string | null = null;
  const restarts = openRestarts({
    name: `backend of ${slot}`,
    log,
    start: (signal) =>
      turn(
        async () =>
          void (signal.aborted || (await start({ healthTimeoutMs: 0, worktreePath: worktree }, ending.signal))),
      ),
  });

  const start = async (
    { healthTimeoutMs, worktreePath, present }: BackendOptions,
    signal: AbortSignal,
  ): Promise<boolean> => {
    if (current !== undefined) return true;
    const job = await readJob(deps, worktreePath);
    await claimPort(deps, leftovers(deps));
    signal.throwIfAborted();
    present?.();
    const started: Current = { process: await startBackendJob(deps, job), job, hasEnded: false };
    current = started;
    last = job;
    worktree = worktreePath;
    watch(started);
    if (healthTimeoutMs === 0) return false;
    try {
      const hasEnded = (): boolean => started.hasEnded;
      await awaitHealthy(deps, { hasEnded, healthUrl: healthUrl(job), timeoutMs: healthTimeoutMs, signal });
    } catch (error) {
      await stop();
      throw error;
    }
    return false;
  };
  const watch = (started: Current): void => {
    const startedAt = systemClock.now();
    const over = new AbortController();
    log.info({ slot_id: slot, pid: started.process.pid }, "backend started");
    void started.process.exited.then((exit) => {
      started.hasEnded = true;
      over.abort();
      if (current === started) current = undefined;
      restarts.ended(systemClock.now() - startedAt);
      log.info({ slot_id: slot, pid: started.process.pid, ...exit }, "backend ended");
    });
    // One that never was healthy is the publish's to judge: it would only fail again.
    void becomesHealthy(deps, healthUrl(started.job), AbortSignal.any([over.signal, ending.signal])).then(
      (isHealthy) => {
        if (!isHealthy || told === started) return;
        restarts.keepUp();
        log.info({ slot_id: slot, pid: started.process.pid }, "backend healthy");
      },
    );
  };
  const stop = async (): Promise<boolean> => {
    restarts.letGo();
    told = current;
    if (current === undefined) return true;
    await endSession(current.process, STOP_MS);
    return false;
  };
  const act: Record<BackendCommand, (options: BackendOptions, signal: AbortSignal) => Promise<boolean>> = {
    start,
    stop,
    restart: async (options, signal) => {
      // What could not be started again is not stopped.
      await requireBackendJob(deps, options.worktreePath);
      await stop();
      return start(options, signal);
    },
    status: async () => true,
    health: async () => {
      await checkHealth(deps, { isRunning: current !== undefined, healthUrl: healthUrl(last) });
      return true;
    },
  };
  const report = (command: BackendCommand, already: boolean): BackendReport => {
    const running = current && {
      pid: current.process.pid,
      worktreePath: current.job.env["SLOT_WORKTREE_PATH"] ?? null,
    };
    return backendReport(deps, { command, already, running: running ?? null, healthUrl: healthUrl(last) });
  };
  return {
    obey: (command, options) =>
      turn(async () => {
        options.present?.();
        try {
          return report(command, await act[command](options, ending.signal));
        } catch (error) {
          return failure(command, slot, error);
        }
      }),
    end: async (graceMs) => {
      restarts.letGo();
      told = current;
      ending.abort(endedMeanwhile(slot));
      ending = new AbortController();
      // Without waiting for its turn: what is under way may itself wait, and longer than this may take.
      if (current !== undefined) await endSession(current.process, graceMs);
      await turn(stop);
    },
  };
}

async function endSession(running: RunningProcess, graceMs: number): Promise<void> {
  await terminate(running, graceMs);
  await killProcesses(({ sessionId }) => sessionId === running.pid, KILL_DEADLINE_MS);
}

/** What the slot's own user left on its port is removed. */
const leftovers = ({ slot, users }: SlotDeps): Parameters<typeof claimPort>[1] => ({
  isLeftover: ({ uid }) => users.isolated && uid === users.slot(slot).uid,
  end: (holder) => killProcesses(({ pid }) => pid === holder.pid, KILL_DEADLINE_MS),
});
