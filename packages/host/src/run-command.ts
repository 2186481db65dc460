import { setTimeout as sleep } from "node:timers/promises";
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
const KILL_AFTER_MS = 2_000;

/**
 * Runs a program to its end, without a shell. A non-zero exit, a timeout and an abort are results, not errors: after the
 * last two the whole process group got SIGTERM, and SIGKILL 2 s later.
 *
 * @throws OperatorError `start_failed` where the program or the directory does not exist.
 */
export async function runCommand(spec: CommandSpec): Promise<CommandResult> {
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
  const exit = await exitOrKill(await startProcess(processSpec), timeout, spec.signal);
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
  signal: AbortSignal | undefined,
): Promise<Exit> {
  const stop = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  const stopped = new Promise<"stop">((resolve) => {
    if (stop.aborted) resolve("stop");
    stop.addEventListener("abort", () => resolve("stop"), { once: true });
  });
  const first = await Promise.race([running.exited, stopped]);
  if (first !== "stop") return { ...first, timedOut: false, aborted: false };
  const aborted = signal?.aborted === true;
  return { ...(await terminate(running, KILL_AFTER_MS)), timedOut: !aborted, aborted };
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
