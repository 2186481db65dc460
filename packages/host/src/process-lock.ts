import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { OperatorError } from "@oroboros/slot-contract";

/** flock(1)'s exit status where somebody else holds the lock; 1 would be any failure. */
const HELD = 75;

/**
 * Holds a kernel lock until it is released or this process dies, however it dies: flock(1) keeps it for as long as its
 * standard input stays open.
 *
 * @throws OperatorError `already_running`, naming the holder's pid.
 */
export async function holdLock(path: string, what: string): Promise<{ release(): void }> {
  const holder = spawn("flock", ["--nonblock", "--conflict-exit-code", String(HELD), "--no-fork", path, "cat"], {
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
    env: { PATH: "/usr/bin:/bin" },
  });
  const answer = await new Promise<"held" | number | null>((resolve, reject) => {
    holder.once("error", reject);
    holder.once("exit", (code) => resolve(code));
    // cat only answers once flock has the lock.
    holder.stdout.once("data", () => resolve("held"));
    holder.stdin.on("error", () => holder.stdin.destroy());
    holder.stdin.write("\n");
  });
  if (answer === HELD) throw alreadyRunning(what, (await readFile(path, "utf8")).trim());
  if (answer !== "held") throw new Error(`flock could not lock ${path}: exit status ${answer}`);
  await writeFile(path, String(process.pid), { mode: 0o600 });
  return { release: () => holder.stdin.end() };
}

function alreadyRunning(what: string, pid: string): OperatorError {
  return new OperatorError("already_running", `${what} is already running with pid ${pid || "unknown"}.`, {
    hint: `Stop it with: kill ${pid || "<pid>"}`,
  });
}
