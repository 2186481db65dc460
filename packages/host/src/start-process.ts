import { spawn } from "node:child_process";
import { OperatorError } from "@oroboros/slot-contract";
import { signalProcess } from "./process-table.ts";

export type OutputStream = "stdout" | "stderr";

export type ProcessSpec = Readonly<{
  argv: readonly [string, ...string[]];
  cwd: string;
  /** The whole environment; nothing is inherited. */
  env: Readonly<Record<string, string>>;
  input?: string | undefined;
  onOutput: (stream: OutputStream, chunk: Buffer) => void;
}>;

export type ProcessExit = Readonly<{ exitCode: number | null; signal: NodeJS.Signals | null }>;

export type RunningProcess = Readonly<{
  pid: number;
  /** Resolves once the process is gone, its group is killed and its output is read. */
  exited: Promise<ProcessExit>;
  /** Signals the whole process group. */
  signalGroup(signal: NodeJS.Signals): void;
}>;

/** How long output may still arrive after the process and its group are gone, from one that left the group. */
const LATE_OUTPUT_MS = 250;

/**
 * Starts a process in its own session and process group, its output piped.
 *
 * @throws OperatorError `start_failed` where the program or the directory does not exist.
 */
export async function startProcess(spec: ProcessSpec): Promise<RunningProcess> {
  const [program, ...args] = spec.argv;
  const child = spawn(program, args, {
    cwd: spec.cwd,
    env: { ...spec.env },
    detached: true,
    stdio: [spec.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once("exit", (exitCode, signal) => {
      if (child.pid !== undefined) signalProcess(-child.pid, "SIGKILL");
      const giveUp = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, LATE_OUTPUT_MS);
      child.once("close", () => {
        clearTimeout(giveUp);
        resolve({ exitCode, signal });
      });
    });
  });
  child.stdout?.on("data", (chunk: Buffer) => spec.onOutput("stdout", chunk));
  child.stderr?.on("data", (chunk: Buffer) => spec.onOutput("stderr", chunk));
  // A child that reads nothing closes its end; what it makes of its input shows in its exit.
  child.stdin?.on("error", () => child.stdin?.destroy());
  child.stdin?.end(spec.input);
  const pid = await spawned(child, spec);
  return { pid, exited, signalGroup: (signal) => void signalProcess(-pid, signal) };
}

function spawned(child: ReturnType<typeof spawn>, spec: ProcessSpec): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("spawn", () => resolve(Number(child.pid)));
    child.once("error", (cause) => {
      reject(
        new OperatorError("start_failed", `${spec.argv[0]} could not be started in ${spec.cwd}: ${cause.message}.`, {
          hint: "Check that the program is installed and that the directory exists.",
          cause,
        }),
      );
    });
  });
}
