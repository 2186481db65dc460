import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";

/** Starts a process that outlives the caller's session, its output going to a log file. Resolves once it has been started. */
export async function startDaemon(spec: {
  argv: readonly [string, ...string[]];
  cwd: string;
  env: Record<string, string>;
  logPath: string;
}): Promise<{ pid: number }> {
  const [program, ...args] = spec.argv;
  const log = openSync(spec.logPath, "a", 0o600);
  try {
    const child = spawn(program, args, { cwd: spec.cwd, env: spec.env, detached: true, stdio: ["ignore", log, log] });
    await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
    child.unref();
    if (child.pid === undefined) throw new Error(`${program} started without a pid`);
    return { pid: child.pid };
  } finally {
    closeSync(log);
  }
}
