import { spawn, type ChildProcess } from "node:child_process";
import { eventually } from "@oroboros/test-support";
import { describe, expect, test } from "vitest";
import { asUser } from "./as-user.ts";
import { killUser } from "./kill-user.ts";
import { listProcesses } from "./process-table.ts";

const DEADLINE = { deadlineMs: 10_000 };
/** Of no installation: ports end at 65535 less the 40000 that uids begin at, and tests use other offsets. */
const UID = 64_901;
const OTHER_UID = 64_902;

/** Each generation lives for as long as it takes to make the next one; the last one ends by itself. */
const COMET = `$SIG{CHLD} = "IGNORE"; my $end = time + 20; while (time < $end) { fork() and exit 0 }`;
/** The same one, killing whatever of its user it can. */
const ARMED = `$SIG{CHLD} = "IGNORE"; my $end = time + 20; while (time < $end) { fork() and exit 0; kill "KILL", -1 }`;
const CROWD = `fork() for 1 .. 5; sleep 20`;

function start(uid: number, script: string): { child: ChildProcess; hasEnded(): boolean } {
  const [program, ...args] = asUser({ uid, gid: uid }, ["perl", "-e", script]);
  const child = spawn(program, args, { cwd: "/", stdio: ["ignore", "pipe", "ignore"] });
  let ended = false;
  // Every generation has the pipe, so that it ends with the last of them.
  child.stdout.resume().once("end", () => (ended = true));
  return { child, hasEnded: () => ended };
}

/** Two generations of what kills all it can may kill each other; then it is started again. */
async function startToStay(script: string): Promise<() => boolean> {
  for (let attempt = 1; ; attempt += 1) {
    const { child, hasEnded } = start(UID, script);
    await eventually(() => child.exitCode !== null || child.signalCode !== null || runs(UID), DEADLINE);
    if (!hasEnded() || attempt === 10) return hasEnded;
  }
}

const runs = (uid: number): boolean => listProcesses().some((entry) => entry.uid === uid);

describe.skipIf(process.geteuid?.() !== 0)("as root", () => {
  test.each([
    ["what forks and ends without pause", COMET],
    ["what kills all it can meanwhile", ARMED],
    ["many at once", CROWD],
  ])("nothing that a user runs is left: %s", async (_what, script) => {
    const hasEnded = await startToStay(script);
    expect(hasEnded()).toBe(false);
    await killUser({ uid: UID }, 10_000);
    expect(runs(UID)).toBe(false);
    await eventually(hasEnded, DEADLINE);
  });

  test("nobody else's process is touched, and a user that runs nothing is fine", async () => {
    const other = start(OTHER_UID, "sleep 20");
    const own = spawn("sleep", ["20"], { stdio: "ignore" });
    try {
      await eventually(() => runs(OTHER_UID), DEADLINE);
      await killUser({ uid: UID }, 10_000);
      expect([other.child.signalCode, own.signalCode, other.hasEnded()]).toEqual([null, null, false]);
    } finally {
      other.child.kill("SIGKILL");
      own.kill("SIGKILL");
    }
  });

  test("many users at a time are killed, also where one who kills gets in another one's way", async () => {
    const uids = [UID, OTHER_UID, UID + 14, UID + 28];
    const started = uids.map((uid) => start(uid, "sleep 20"));
    await eventually(() => uids.every(runs), DEADLINE);
    await Promise.all(uids.map((uid) => killUser({ uid }, 10_000)));
    expect(uids.some(runs)).toBe(false);
    await eventually(() => started.every(({ hasEnded }) => hasEnded()), DEADLINE);
  });

  test("root's processes are never killed so", async () => {
    await expect(killUser({ uid: 0 }, 10_000)).rejects.toThrow("more than the processes of user 0");
  });
});
