import { spawn, type ChildProcess } from "node:child_process";
import { eventually, portsOf, releasePortOffset, takePortOffset } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asUser } from "./as-user.ts";
import { killUser } from "./kill-user.ts";
import { listProcesses } from "./process-table.ts";

const DEADLINE = { deadlineMs: 60_000 };
const KILLED_WITHIN_MS = 60_000;
/** So many unused users there are to kill with (`kill-user.ts`). */
const KILLERS = 14;

let portOffset: number;
/** Users that nobody else's tests have, as an installation's follow from its ports; the last ones are killed by one and the same. */
let users: { uid: number; other: number; meeting: number[] };

beforeAll(async () => {
  portOffset = await takePortOffset();
  const uids = [...new Set(portsOf(portOffset).map((port) => 40_000 + port))];
  const [meeting = []] = Object.values(Object.groupBy(uids, (uid) => uid % KILLERS)).toSorted(
    (a = [], b = []) => b.length - a.length,
  );
  const [uid = 0, other = 0] = uids.filter((each) => !meeting.includes(each));
  users = { uid, other, meeting: meeting.slice(0, 3) };
});
afterAll(() => releasePortOffset(portOffset));

/** Each generation lives for as long as it takes to make the next one; the last one ends by itself. */
const COMET = `$SIG{CHLD} = "IGNORE"; my $end = time + 120; while (time < $end) { fork() and exit 0 }`;
/** The same one, killing whatever of its user it can. */
const ARMED = `$SIG{CHLD} = "IGNORE"; my $end = time + 120; while (time < $end) { fork() and exit 0; kill "KILL", -1 }`;
const CROWD = `fork() for 1 .. 5; sleep 200`;

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
    const { child, hasEnded } = start(users.uid, script);
    await eventually(() => child.exitCode !== null || child.signalCode !== null || runs(users.uid), DEADLINE);
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
    await killUser({ uid: users.uid }, KILLED_WITHIN_MS);
    expect(runs(users.uid)).toBe(false);
    await eventually(hasEnded, DEADLINE);
  });

  test("nobody else's process is touched, and a user that runs nothing is fine", async () => {
    const other = start(users.other, "sleep 200");
    const own = spawn("sleep", ["200"], { stdio: "ignore" });
    try {
      await eventually(() => runs(users.other), DEADLINE);
      await killUser({ uid: users.uid }, KILLED_WITHIN_MS);
      expect([other.child.signalCode, own.signalCode, other.hasEnded()]).toEqual([null, null, false]);
    } finally {
      other.child.kill("SIGKILL");
      own.kill("SIGKILL");
    }
  });

  test("many users at a time are killed, also where one who kills gets in another one's way", async () => {
    const uids = [...users.meeting, users.other];
    const started = uids.map((uid) => start(uid, "sleep 200"));
    await eventually(() => uids.every(runs), DEADLINE);
    await Promise.all(uids.map((uid) => killUser({ uid }, KILLED_WITHIN_MS)));
    expect(uids.some(runs)).toBe(false);
    await eventually(() => started.every(({ hasEnded }) => hasEnded()), DEADLINE);
  });

  test("root's processes are never killed so", async () => {
    await expect(killUser({ uid: 0 }, 10_000)).rejects.toThrow("more than the processes of user 0");
  });
});
