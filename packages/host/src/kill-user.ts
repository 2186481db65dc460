import { killProcesses } from "./process-table.ts";
import { type CommandResult, runCommand } from "./run-command.ts";

/** What systemd lists as unused, 65520 to 65533; user namespaces commonly map no more than 65535. */
const UNUSED_UIDS = { first: 65_520, count: 14 };

/**
 * kill(2) compares the sender's real and effective user with the receiver's real and saved one: with these this program reaches all
 * of the user's processes, and none of them reaches it. With a capability it would reach everybody's.
 */
const KILL_ALL = `
const [uid, nobodys] = process.argv.slice(1).map(Number);
process.seteuid(uid);
const status = require("node:fs").readFileSync("/proc/self/status", "utf8");
if (uid === 0 || process.geteuid() !== uid || process.getuid() !== nobodys || !/^CapEff:\\s+0+$/m.test(status))
  throw new Error("it would kill more than the processes of user " + uid);
try {
  process.kill(-1, "SIGKILL");
} catch (error) {
  // kill(2) answers for the last process it came to, and that one was ending by itself.
  if (error.code !== "ESRCH") throw error;
}
`;

/**
 * Kills everything that a user runs, what forks and ends without pause included: a list of processes never shows that, but kill(2)
 * with -1 reaches all of a user's processes at once, and one that is being killed does not fork any more. Only root can do this.
 */
export async function killUser({ uid }: { uid: number }, deadlineMs: number): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const { exitCode, signal, stderr } = await killAll(uid, deadlineMs);
    if (exitCode === 0) break;
    // Another one at work with the same unused uid reaches this one as well.
    if (signal === "SIGKILL" && performance.now() < deadline) continue;
    throw new Error(`the processes of user ${uid} could not be killed: ${stderr.trim()}`);
  }
  await killProcesses((entry) => entry.uid === uid, deadlineMs);
}

function killAll(uid: number, timeoutMs: number): Promise<CommandResult> {
  // Slots' uids follow each other, so that those of one installation are killed without meeting.
  const nobodys = UNUSED_UIDS.first + (uid % UNUSED_UIDS.count);
  const nothingElse = ["--bounding-set=-all,+setuid", "--inh-caps=-all", "--ambient-caps=-all", "--clear-groups"];
  const program = [process.execPath, "-e", KILL_ALL, String(uid), String(nobodys)];
  return runCommand({
    argv: ["setpriv", `--ruid=${nobodys}`, "--euid=0", ...nothingElse, "--", ...program],
    cwd: "/",
    env: { PATH: "/usr/bin:/bin" },
    timeoutMs,
  });
}
