import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { once } from "node:events";

/** Debian's `nobody`: initdb refuses to run as root and refuses a uid without a passwd entry. */
export const UNPRIVILEGED_UID = 65534;

export function requireBinary(path: string): string {
  if (!existsSync(path)) throw new Error(`${path} is missing. Install what the tests need: run ./scripts/test.sh`);
  return path;
}

/** argv that runs `command` without root's rights, and not longer than this process. */
export function unprivileged(command: readonly string[]): [string, ...string[]] {
  const identity =
    process.getuid?.() === 0 ? [`--reuid=${UNPRIVILEGED_UID}`, `--regid=${UNPRIVILEGED_UID}`, "--clear-groups"] : [];
  return ["setpriv", ...identity, "--pdeathsig=INT", "--", ...command];
}

export interface ServerProcess {
  readonly hasExited: () => boolean;
  readonly output: () => string;
  readonly stop: () => Promise<void>;
  /** Ends it as a power cut would. */
  readonly kill: () => Promise<void>;
}

export function startServer(command: readonly string[], cwd: string): ServerProcess {
  const [file, ...args] = unprivileged(command);
  const child = spawn(file, args, { cwd, stdio: ["ignore", "pipe", "pipe"], env: { PATH: "/usr/bin:/bin" } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return {
    hasExited: () => hasExited(child),
    output: () => output,
    stop: () => end(child, "SIGINT"),
    kill: () => end(child, "SIGKILL"),
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasExited(child)) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
