import type { IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import type { BackendCommand, BackendReport, LeaseEpoch, SlotId, StepRequest } from "@oroboros/slot-contract";
import type { OutputStream } from "./start-process.ts";
import { sendToSupervisor, supervisorJson, type SupervisorRequest } from "./supervisor-request.ts";

export type StepResult = Readonly<{
  exitCode: number | null;
  signal: string | null;
  timedOut: boolean;
  durationMs: number;
}>;

/** The lease that something is done under. It is refused with `stale_lease` once a later one was presented. */
type UnderLease = Readonly<{ leaseEpoch?: LeaseEpoch }>;

/** Everything that runs as a slot's user. */
export interface SlotProcesses {
  /** Aborting kills the step's whole process group and rejects with the signal's reason. */
  runStep(
    slot: SlotId,
    request: StepRequest,
    options: UnderLease & { signal?: AbortSignal; onOutput?: (stream: OutputStream, chunk: string) => void },
  ): Promise<StepResult>;
  backend(
    slot: SlotId,
    command: BackendCommand,
    options?: UnderLease & { healthTimeoutMs?: number; worktreePath?: string },
  ): Promise<BackendReport>;
  backendLogTail(slot: SlotId, lines: number): Promise<string[]>;
  /** How many steps run. */
  runningSteps(slot: SlotId): Promise<number>;
  /** Kills every process of the slot's user and empties its worktrees, home and temporary files. Safe to repeat. */
  purge(slot: SlotId, options?: UnderLease): Promise<void>;
}

/** The slots of an installation on the process driver, through its supervisor's socket. */
export function supervisorClient({ socketPath }: { socketPath: string }): SlotProcesses {
  const post = (path: string, body: unknown, { leaseEpoch }: UnderLease): SupervisorRequest => ({
    socketPath,
    method: "POST",
    path,
    body,
    leaseEpoch,
  });
  return {
    runStep: async (slot, request, { signal, onOutput, ...lease }) => {
      const response = await sendToSupervisor({ ...post(`/slots/${slot}/steps`, request, lease), signal });
      return readStep(response, signal, onOutput);
    },
    backend: async (slot, command, options = {}) => {
      const body = { health_timeout_ms: options.healthTimeoutMs ?? 0, worktree_path: options.worktreePath ?? null };
      return (await supervisorJson(post(`/slots/${slot}/backend/${command}`, body, options))) as BackendReport;
    },
    backendLogTail: async (slot, lines) => {
      const path = `/slots/${slot}/backend/log?lines=${lines}`;
      return (await supervisorJson({ socketPath, method: "GET", path })) as string[];
    },
    runningSteps: async (slot) => {
      const answer = await supervisorJson({ socketPath, method: "GET", path: `/slots/${slot}/steps` });
      return (answer as { running: number }).running;
    },
    purge: async (slot, lease = {}) => {
      await supervisorJson(post(`/slots/${slot}/purge`, {}, lease));
    },
  };
}

type StepLine =
  | { stream: OutputStream; chunk: string }
  | { exit: { exit_code: number | null; signal: string | null; timed_out: boolean; duration_ms: number } };

async function readStep(
  response: IncomingMessage,
  signal: AbortSignal | undefined,
  onOutput: ((stream: OutputStream, chunk: string) => void) | undefined,
): Promise<StepResult> {
  try {
    for await (const text of createInterface({ input: response, crlfDelay: Infinity })) {
      const line = JSON.parse(text) as StepLine;
      if ("stream" in line) onOutput?.(line.stream, line.chunk);
      else return toResult(line.exit);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
  signal?.throwIfAborted();
  throw new Error("the supervisor went away while a step was running");
}

const toResult = (exit: Extract<StepLine, { exit: object }>["exit"]): StepResult => ({
  exitCode: exit.exit_code,
  signal: exit.signal,
  timedOut: exit.timed_out,
  durationMs: exit.duration_ms,
});
