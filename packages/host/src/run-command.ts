import { setTimeout as sleep } from "node:timers/promises";
import { killProcesses } from "./process-table.ts";
import {
  type OutputStream,
  type ProcessExit,
  type ProcessSpec,
  type RunningProcess,
  startProcess,
} from "./start-process.ts";
import { TailBuffer } from "./tail-buffer.ts";

export type CommandSpec = Readonly<{
  argv: readonly [string, ...string[]];
  cwd: string;
  env: Readonly<Record<string, string>>;
  timeoutMs: number;
  /** Kept per stream, from the end, because that is where a failing program says why. */
  maxOutputBytes?: number | undefined;
  signal?: AbortSignal | undefined;
  input?: string | undefined;
  onOutput?: ((stream: OutputStream, chunk: Buffer) => void) | undefined;
}>;

export type CommandResult = Readonly<{
  exitCode: number | null;
  signal: string | null;
  timedOut: boolean;
  aborted: boolean;
  /** True where the beginning of an output was dropped. */
  truncated: boolean;
  stdout: string;
  stderr: string;
  durationMs: number;
}>;

const MAX_OUTPUT_BYTES = 1_048_576;
/** Who aborts waits for a slot to be free; a program that ran too long may say why before it goes. */
export const KILL_AFTER_MS = { timeout: 2_000, abort: 500 };
const SESSION_DEADLINE_MS = 5_000;

/**
 * Runs a program to its end, without a shell. A non-zero exit, a timeout and an abort are results, not errors: after the
 * last two its process group got SIGTERM, then SIGKILL 2 s after the timeout or 500 ms after the abort, and nothing of its
 * session is left. What made a session of its own goes on: only its user tells whose it is.
 *
 * @throws OperatorError `start_failed` where the program or the directory does not exist.
 */
export async function runCommand(spec: CommandSpec, killAfterMs = KILL_AFTER_MS): Promise<CommandResult> {
  const startedAt = performance.now();
  const limit = spec.maxOutputBytes ?? MAX_OUTPUT_BYTES;
  const output = { stdout: new TailBuffer(limit), stderr: new TailBuffer(limit) };
  const processSpec: ProcessSpec = {
    argv: spec.argv,
    cwd: spec.cwd,
    env: spec.env,
    input: spec.input,
    onOutput: (stream, chunk) => {
      output[stream].push(chunk);
      spec.onOutput?.(stream, chunk);
    },
  };
  const timeout = AbortSignal.timeout(spec.timeoutMs);
  const exit = await exitOrKill(await startProcess(processSpec), timeout, { signal: spec.signal, killAfterMs });
  return {
    ...exit,
    truncated: output.stdout.truncated || output.stderr.truncated,
    stdout: output.stdout.text(),
    stderr: output.stderr.text(),
    durationMs: performance.now() - startedAt,
  };
}

type Exit = Pick<CommandResult, "exitCode" | "signal" | "timedOut" | "aborted">;

async function exitOrKill(
  running: RunningProcess,
  timeout: AbortSignal,
  { signal, killAfterMs }: Pick<CommandSpec, "signal"> & { killAfterMs: typeof KILL_AFTER_MS },
): Promise<Exit> {
  const stop = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  const stopped = new Promise<"stop">((resolve) => {
    if (stop.aborted) resolve("stop");
    stop.addEventListener("abort", () => resolve("stop"), { once: true });
  });
  const first = await Promise.race([running.exited, stopped]);
  if (first !== "stop") return { ...first, timedOut: false, aborted: false };
  const aborted = signal?.aborted === true;
  const exit = await terminate(running, killAfterMs[aborted ? "abort" : "timeout"]);
  // A shell with job control gives each job a process group of its own.
  await killProcesses(({ sessionId }) => sessionId === running.pid, SESSION_DEADLINE_MS);
  return { ...exit, timedOut: !aborted, aborted };
}

/** Ends a process and its group: the polite signal first, SIGKILL once `killAfterMs` have passed. */
export async function terminate(
  running: RunningProcess,
  killAfterMs: number,
  signal: NodeJS.Signals = "SIGTERM",
): Promise<ProcessExit> {
  running.signalGroup(signal);
  const waiting = new AbortController();
  const patience = sleep(killAfterMs, "late" as const, { signal: waiting.signal }).catch(() => "ended" as const);
  const first = await Promise.race([running.exited, patience]);
  waiting.abort();
  if (first === "late") running.signalGroup("SIGKILL");
  return running.exited;
}
