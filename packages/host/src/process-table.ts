import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export type ProcessEntry = Readonly<{ pid: number; uid: number; sessionId: number; command: string }>;

const POLL_MS = 10;

/** Every process that is alive. A zombie is not: where PID 1 does not reap, it stays forever and holds nothing. */
export function listProcesses(): ProcessEntry[] {
  return readdirSync("/proc")
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
}

/**
 * Kills every process that `matches` until none is left, so that the children of one that forks meanwhile do not get away. One that
 * forks and ends without pause may never be seen: see `killUser`.
 */
export async function killProcesses(matches: (entry: ProcessEntry) => boolean, deadlineMs: number): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const left = listProcesses().filter((entry) => entry.pid !== process.pid && matches(entry));
    if (left.length === 0) return;
    if (performance.now() > deadline) {
      throw new Error(
        `${left.length} processes outlived SIGKILL for ${deadlineMs} ms, the first with pid ${left[0]?.pid}`,
      );
    }
    for (const { pid } of left) signalProcess(pid, "SIGKILL");
    await sleep(POLL_MS);
  }
}

/** Signals a process, or with a negative number its whole group. False where it is gone already. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

function readProcess(pid: number): ProcessEntry | undefined {
  try {
    const { uid } = statSync(`/proc/${pid}`);
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // proc(5): the name stands in parentheses and may itself hold any character; state and session follow it.
    const [state, , , sessionId] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return { pid, uid: Number(realUid(pid) ?? uid), sessionId: Number(sessionId), command };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Where a process works; undefined where it is gone or may not be looked into. */
export function workingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** `/proc/<pid>` itself belongs to root while the process is not dumpable (proc(5)). */
function realUid(pid: number): string | undefined {
  return /^Uid:\s+([0-9]+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["ENOENT", "ESRCH"].includes(String(error.code));
}
