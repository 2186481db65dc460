import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually, withTempDir } from "@oroboros/test-support";
import { describe, expect, test } from "vitest";
import { asUser } from "./as-user.ts";
import { listProcesses } from "./process-table.ts";
import { type CommandResult, KILL_AFTER_MS, runCommand } from "./run-command.ts";

const DEADLINE = { deadlineMs: 60_000 };
const base = { cwd: "/", env: { PATH: "/usr/bin:/bin" }, timeoutMs: 60_000 };
const shell = (script: string): readonly [string, ...string[]] => ["sh", "-c", script];
const isAlive = (pid: number): boolean => listProcesses().some((entry) => entry.pid === pid);

/** What it prints, it prints once it does what it is meant to; one whose time was over before that is given twice as much. */
async function timedOutAtWork(script: string): Promise<CommandResult> {
  for (let timeoutMs = 250; ; timeoutMs *= 2) {
    const result = await runCommand({ ...base, argv: shell(script), timeoutMs }, { timeout: 200, abort: 600_000 });
    if (result.stdout !== "" || timeoutMs > 10_000) return result;
  }
}

test("a command's exit, output and input are its own", async () => {
  const result = await runCommand({ ...base, argv: shell("cat; echo no >&2; exit 7"), input: "hello" });
  expect(result).toMatchObject({
    exitCode: 7,
    signal: null,
    stdout: "hello",
    stderr: "no\n",
    timedOut: false,
    aborted: false,
    truncated: false,
  });
});

test("an argument is never a shell's to read", async () => {
  expect((await runCommand({ ...base, argv: ["echo", "$(id) ; `id` | x"] })).stdout).toBe("$(id) ; `id` | x\n");
});

test("the environment is exactly what was given", async () => {
  expect((await runCommand({ ...base, argv: ["env"], env: { PATH: "/usr/bin:/bin", ONE: "1" } })).stdout).toBe(
    "PATH=/usr/bin:/bin\nONE=1\n",
  );
});

test("a timeout ends the whole group, a grandchild that ignores SIGTERM included", async () => {
  const result = await timedOutAtWork(`sh -c 'trap "" TERM; echo $$; while :; do sleep 1; done' & wait`);
  expect(result).toMatchObject({ timedOut: true, aborted: false, stdout: expect.stringMatching(/^\d+\n$/) });
  await eventually(() => !isAlive(Number(result.stdout)), DEADLINE);
});

test("a command that ignores SIGTERM itself gets SIGKILL", async () => {
  const result = await timedOutAtWork('trap "" TERM; echo deaf; while :; do sleep 1; done');
  expect(result).toMatchObject({ timedOut: true, signal: "SIGKILL" });
});

test("an abort ends the command and is told from a timeout", async () => {
  const abort = new AbortController();
  const running = runCommand({ ...base, argv: ["sleep", "1000"], signal: abort.signal });
  abort.abort();
  expect(await running).toMatchObject({ aborted: true, timedOut: false, signal: "SIGTERM" });
});

test("an abort leaves nothing of the session: not what ignores SIGTERM, nor what has a process group of its own", async () => {
  await withTempDir(async (directory) => {
    const ignoring = (name: string): string => `sh -c 'trap "" TERM; echo $$ > ${name}; while :; do sleep 1; done'`;
    const script = `trap "" TERM; set -m; ${ignoring("job")} & ${ignoring("child")}`;
    const abort = new AbortController();
    const command = { ...base, argv: ["bash", "-c", script], cwd: directory, signal: abort.signal } as const;
    // Were it ended as after a timeout, that would take longer than a test may.
    const running = runCommand(command, { timeout: 600_000, abort: KILL_AFTER_MS.abort });
    const pidIn = (name: string): Promise<string> => readFile(join(directory, name), "utf8");
    const pids = await eventually(async () => {
      const found = (await Promise.all(["job", "child"].map(pidIn))).map(Number);
      return found.every((pid) => pid > 0) ? found : undefined;
    }, DEADLINE);
    abort.abort();
    expect(await running).toMatchObject({ aborted: true, signal: "SIGKILL" });
    expect(pids.filter(isAlive)).toEqual([]);
  });
});

test("whoever aborts waits for half a second, so that a slot can be free within two", () => {
  expect(KILL_AFTER_MS.abort).toBe(500);
});

test("what a command leaves in the background does not outlive it, nor hold its end back", async () => {
  const { stdout } = await runCommand({ ...base, argv: shell("sleep 1000 & echo $!") });
  await eventually(() => !isAlive(Number(stdout)), DEADLINE);
});

test("of too much output the end is kept", async () => {
  const result = await runCommand({ ...base, argv: shell("seq 1 100000; echo the reason"), maxOutputBytes: 1000 });
  expect(result.truncated).toBe(true);
  expect(result.stdout).toHaveLength(1000);
  expect(result.stdout.endsWith("100000\nthe reason\n")).toBe(true);
});

test("a program that does not exist is the operator's to know", async () => {
  await expect(runCommand({ ...base, argv: ["no-such-program"] })).rejects.toMatchObject({ code: "start_failed" });
  await expect(runCommand({ ...base, argv: ["true"], cwd: "/nonexistent" })).rejects.toMatchObject({
    code: "start_failed",
  });
});

describe("as another user", () => {
  test("all a process could become root with is dropped", () => {
    expect(asUser({ uid: 5, gid: 6 }, ["id"], 0).join(" ")).toBe(
      "setpriv --reuid=5 --regid=6 --clear-groups --inh-caps=-all --ambient-caps=-all --bounding-set=-all --no-new-privs --pdeathsig=KILL -- id",
    );
    expect(asUser({ uid: 5, gid: 6 }, ["id"], 1000).join(" ")).toBe("setpriv --no-new-privs --pdeathsig=KILL -- id");
  });

  test.skipIf(process.geteuid?.() !== 0)(
    "a child has no capability even where its parent has ambient ones",
    async () => {
      const ambient = ["setpriv", "--inh-caps=+setuid", "--ambient-caps=+setuid", "--"] as const;
      const status = asUser({ uid: 64_001, gid: 64_001 }, ["grep", "-E", "^(Uid|Cap)", "/proc/self/status"], 0);
      const { stdout } = await runCommand({ ...base, argv: [...ambient, ...status] });
      expect(stdout).toMatch(/^Uid:(\s+64001){4}$/m);
      expect(stdout.match(/^Cap.*\s0+$/gm)).toHaveLength(5);
    },
  );
});
