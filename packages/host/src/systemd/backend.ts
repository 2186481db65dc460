import {
  type BackendCommand,
  type BackendReport,
  backendUnit,
  type LeaseEpoch,
  type SlotId,
} from "@oroboros/slot-contract";
import { awaitHealthy, checkHealth } from "../slot/backend-health.ts";
import { backendReport, endedMeanwhile, failure, healthUrlOf } from "../slot/backend-report.ts";
import { inTurn } from "../slot/in-turn.ts";
import { backendState } from "./backend-state.ts";
import type { SlotGate } from "./slot-gate.ts";
import { findJob, startBackend } from "./start-backend.ts";
import { stopUnits } from "./systemctl.ts";
import type { SystemdHost } from "./systemd-host.ts";
import { unitState } from "./unit-state.ts";

export type BackendOptions = Readonly<{
  healthTimeoutMs: number;
  worktreePath: string | null;
  leaseEpoch: LeaseEpoch | undefined;
}>;

export type Backend = Readonly<{
  /** Never throws for what an operator can act on, but for a stale lease: that is the report of a command that failed. */
  obey(command: BackendCommand, options: BackendOptions): Promise<BackendReport>;
  /** Gives up what waits for a backend to be healthy. Whoever calls stops the unit. */
  giveUp(): void;
}>;

/** A slot's backend: its unit runs or it does not, and only `start` and `restart` start it. */
export function unitBackend(host: SystemdHost, gate: SlotGate, slot: SlotId): Backend {
  const { contract } = host;
  const place = { contract, slot, fetch: host.fetch };
  const unit = backendUnit(contract, slot);
  const turn = inTurn();
  let ending = new AbortController();

  const start = async (options: BackendOptions, signal: AbortSignal): Promise<boolean> => {
    const { healthTimeoutMs, worktreePath, leaseEpoch } = options;
    const { isRunning, unit: state } = await backendState(host, slot);
    if (isRunning) return true;
    const job = await findJob(host, slot, worktreePath);
    // In a crash loop it is neither running nor stopped, in a round as little as between two.
    if (state.isUp) await stop(options);
    const enter: SlotGate["enter"] = (epoch, task) => gate.enter(epoch, task, signal);
    const started = await startBackend(host, slot, { job, enter: (task) => enter(leaseEpoch, task) });
    if (healthTimeoutMs === 0) return false;
    const hasEnded = async (): Promise<boolean> => {
      const now = await unitState(unit);
      return !now.isRunning || now.invocationId !== started.invocationId;
    };
    try {
      await awaitHealthy(place, { hasEnded, healthUrl: healthUrlOf(place, job), timeoutMs: healthTimeoutMs, signal });
    } catch (error) {
      await stop(options);
      throw error;
    }
    return false;
  };
  const stop = async ({ leaseEpoch }: BackendOptions): Promise<boolean> => {
    const { isUp } = await unitState(unit);
    if (isUp) await gate.enter(leaseEpoch, () => stopUnits([unit]));
    return !isUp;
  };
  const act: Record<BackendCommand, (options: BackendOptions, signal: AbortSignal) => Promise<boolean>> = {
    start,
    stop,
    restart: async (options, signal) => {
      // What could not be started again is not stopped.
      await findJob(host, slot, options.worktreePath);
      await stop(options);
      return start(options, signal);
    },
    status: async () => true,
    health: async () => {
      const { isRunning, job } = await backendState(host, slot);
      await checkHealth(place, { isRunning, healthUrl: healthUrlOf(place, job ?? ANY) });
      return true;
    },
  };
  const report = async (command: BackendCommand, already: boolean): Promise<BackendReport> => {
    const { isRunning, job, unit: state } = await backendState(host, slot);
    const running = isRunning ? { pid: state.mainPid, worktreePath: job?.env["SLOT_WORKTREE_PATH"] ?? null } : null;
    return backendReport(place, { command, already, running, healthUrl: healthUrlOf(place, job ?? ANY) });
  };
  const answer = async (command: BackendCommand, options: BackendOptions): Promise<BackendReport> => {
    try {
      return await report(command, await act[command](options, ending.signal));
    } catch (error) {
      return failure(command, slot, error);
    }
  };
  return {
    obey: async (command, options) => {
      if (command === "status" || command === "health") return answer(command, options);
      await gate.admit(options.leaseEpoch);
      return turn(() => answer(command, options));
    },
    giveUp: () => {
      ending.abort(endedMeanwhile(slot));
      ending = new AbortController();
    },
  };
}

const ANY = { health: "/health" };
