import { execFileSync } from "node:child_process";
import { createReadStream } from "node:fs";
import { readdir, readFile, rm, stat, symlink } from "node:fs/promises";
import { parseSlotId, slotHome, slotUid, slotWorktrees } from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aSupervisor, isRoot, processesOf, runStep, step, type TestSupervisor } from "./testing/a-supervisor.ts";
import { startStopwatch } from "./testing/stopwatch.ts";

const DEADLINE = { deadlineMs: 60_000 };
let supervisor: TestSupervisor;

beforeAll(async () => {
  const secretive = {
    name: "api",
    user: "control" as const,
    argv: ["sleep", "1000"],
    env: { PASSWORD: "pw" },
    cwd: "/",
  };
  supervisor = await aSupervisor({ services: [secretive] });
});
afterAll(() => supervisor?.[Symbol.asyncDispose]());

const pidIn = async (file: string): Promise<number> =>
  Number(
    await eventually(
      () => readFile(`${slotWorktrees(supervisor.contract, supervisor.slot)}/${file}`, "utf8"),
      DEADLINE,
    ),
  );
const isAlive = (pid: number): Promise<boolean> =>
  readFile(`/proc/${pid}/stat`, "utf8").then(
    (stat) => !/\) [ZX] /.test(stat),
    () => false,
  );

describe.skipIf(!isRoot)("as root", () => {
  test("a step is its slot's own user and group, with no capability and no way to get one", async () => {
    const uid = String(slotUid(supervisor.contract, supervisor.slot));
    const { stdout } = await runStep(supervisor, ["sh", "-c", "id -u; id -g; id -G; cat /proc/self/status"]);
    expect(stdout.split("\n").slice(0, 3)).toEqual([uid, uid, uid]);
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
      expect(stdout).toMatch(new RegExp(`${set}:\\s+0+\n`));
    expect(stdout).toMatch(/NoNewPrivs:\s+1/);
  });

  test("a step reads the environment neither of the supervisor nor of a control process", async () => {
    const { pid } = await supervisor.services.start("api");
    const environment = (): Promise<string> => readFile(`/proc/${pid}/environ`, "utf8");
    await eventually(async () => (await environment()).includes("PASSWORD=pw"), DEADLINE);
    for (const target of [supervisor.pid, pid]) {
      const { exitCode, stdout } = await runStep(supervisor, ["cat", `/proc/${target}/environ`]);
      expect({ failed: exitCode !== 0, stdout }).toEqual({ failed: true, stdout: "" });
    }
  });

  test("a step enters neither another slot's home nor its worktrees", async () => {
    const { contract, other } = supervisor;
    for (const path of [slotHome(contract, other), slotWorktrees(contract, other)]) {
      expect((await runStep(supervisor, ["ls", "-l", `${path}/.`])).stderr).toMatch(/Permission denied/);
    }
  });

  test("what a step makes is readable by the worker's group and by no other slot", async () => {
    await runStep(supervisor, ["sh", "-c", "mkdir made && echo x > made/file"]);
    const { stdout } = await runStep(supervisor, ["stat", "-c", "%a %g", "made", "made/file"]);
    const control = 40_000 + 8000 + supervisor.contract.portOffset;
    expect(stdout).toBe(`2750 ${control}\n640 ${control}\n`);
  });
});

test("a step's environment is what it declares and what the operator set for packages, nothing else", async () => {
  const env = {
    NODE_OPTIONS: "--require ./evil.js",
    LD_PRELOAD: "./evil.so",
    GIT_SSH_COMMAND: "evil",
    VITE_API_BASE_URL: "/api",
  };
  const { stdout } = await runStep(supervisor, ["env"], { env });
  const home = slotHome(supervisor.contract, supervisor.slot);
  expect(stdout.trim().split("\n").toSorted()).toEqual([
    "CI=true",
    `HOME=${home}`,
    `PATH=${supervisor.contract.root}/bin:/usr/bin:/bin`,
    `TMPDIR=${home}/tmp`,
    "VITE_API_BASE_URL=/api",
    "pnpm_config_registry=http://registry.test/",
  ]);
});

test("a migration is not told what only packages need: a registry's address may hold a password", async () => {
  const env = { DATABASE_URL: "postgresql://slot_1@127.0.0.1/app_preview_1", PGSERVICE: "production" };
  const { stdout } = await runStep(supervisor, ["env"], { kind: "migrate", env });
  const home = slotHome(supervisor.contract, supervisor.slot);
  expect(stdout.trim().split("\n").toSorted()).toEqual([
    "CI=true",
    `DATABASE_URL=${env.DATABASE_URL}`,
    `HOME=${home}`,
    `PATH=${supervisor.contract.root}/bin:/usr/bin:/bin`,
    `TMPDIR=${home}/tmp`,
  ]);
});

test("a step that fails says how", async () => {
  const result = await runStep(supervisor, ["sh", "-c", "echo out; echo err >&2; exit 3"]);
  expect(result).toMatchObject({ exitCode: 3, timedOut: false, stdout: "out\n", stderr: "err\n" });
});

test("a timeout also ends a grandchild that ignores SIGTERM", async () => {
  const script = `sh -c 'trap "" TERM; echo $$; while :; do sleep 1; done' & wait`;
  const within = (timeout_ms: number) => runStep(supervisor, ["sh", "-c", script], { timeout_ms });
  let result = await within(500);
  // Whoever's time was over before it was at work is given more.
  for (let timeoutMs = 1_000; result.stdout === "" && timeoutMs < 10_000; timeoutMs *= 2)
    result = await within(timeoutMs);
  expect(result).toMatchObject({ timedOut: true, stdout: expect.stringMatching(/^\d+\n$/) });
  await eventually(async () => !(await isAlive(Number(result.stdout))), DEADLINE);
});

test("hanging up ends the step", async () => {
  const cancel = new AbortController();
  const request = step(supervisor, ["sh", "-c", "echo $$ > canceled; exec sleep 1000"]);
  const running = supervisor.slots.runStep(supervisor.slot, request, { signal: cancel.signal });
  const pid = await pidIn("canceled");
  expect(await isAlive(pid)).toBe(true);
  cancel.abort(new Error("run was canceled"));
  await expect(running).rejects.toThrow("run was canceled");
  await eventually(async () => !(await isAlive(pid)), DEADLINE);
});

test("hanging up on a step that ignores SIGTERM frees it within two seconds, jobs of its session included", async () => {
  const ignoring = (file: string): string => `sh -c 'trap "" TERM; echo $$ > ${file}; while :; do sleep 1; done'`;
  const script = `trap "" TERM; set -m; ${ignoring("stubborn-job")} & ${ignoring("stubborn")}`;
  const cancel = new AbortController();
  const running = supervisor.slots.runStep(
    supervisor.slot,
    step(supervisor, ["bash", "-c", script], { timeout_ms: 600_000 }),
    {
      signal: cancel.signal,
    },
  );
  const pids = await Promise.all(["stubborn-job", "stubborn"].map(pidIn));
  const elapsed = startStopwatch();
  cancel.abort(new Error("run was canceled"));
  await expect(running).rejects.toThrow("run was canceled");
  await eventually(async () => !(await Promise.all(pids.map(isAlive))).includes(true), DEADLINE);
  expect(elapsed().undisturbedMs).toBeLessThan(2_000);
});

test("output beyond the cap is dropped and the step still ends", async () => {
  const { exitCode, stdout } = await runStep(supervisor, ["sh", "-c", "head -c 20000000 /dev/zero | tr '\\0' x"]);
  expect(exitCode).toBe(0);
  expect(stdout.length).toBeLessThan(9_000_000);
  expect(stdout).toMatch(/the rest is dropped/);
});

test("a directory that is not the slot's is refused, however it is written", async () => {
  const worktrees = slotWorktrees(supervisor.contract, supervisor.slot);
  await symlink("/etc", `${worktrees}/link`);
  for (const cwd of [
    "/etc",
    `${worktrees}/../`,
    `${worktrees}/link`,
    slotHome(supervisor.contract, supervisor.other),
  ]) {
    await expect(runStep(supervisor, ["pwd"], { cwd })).rejects.toMatchObject({ code: "path_refused" });
  }
});

test("a directory that is not there is named, and is no refusal", async () => {
  const cwd = `${slotWorktrees(supervisor.contract, supervisor.slot)}/missing`;
  await expect(runStep(supervisor, ["pwd"], { cwd })).rejects.toMatchObject({
    code: "path_not_found",
    message: `${cwd} does not exist.`,
  });
});

test("a slot the contract does not have is refused", async () => {
  const fourth = parseSlotId({ slotCount: 9 }, "preview-4");
  await expect(supervisor.slots.runStep(fourth, step(supervisor, ["true"]), {})).rejects.toMatchObject({
    code: "invalid_slot",
  });
  await expect(supervisor.slots.purge(fourth)).rejects.toMatchObject({ code: "invalid_slot" });
});

test("a purge leaves no process and no file of the slot, and can be repeated", async () => {
  const { contract, slot, slots } = supervisor;
  const litter = `/tmp/litter-${slotUid(contract, slot)}`;
  const script = `echo $$ > "$TMPDIR/x"; touch ~/.npmrc ${litter}; setsid sh -c 'trap "" TERM; echo $$ > daemon; sleep 1000' >/dev/null 2>&1 & sleep 1000`;
  const cancel = new AbortController();
  const running = slots
    .runStep(slot, step(supervisor, ["sh", "-c", script]), { signal: cancel.signal })
    .catch(() => "ended");
  const daemon = await pidIn("daemon");
  await slots.purge(slot);
  await running;
  expect(await readdir(slotWorktrees(contract, slot))).toEqual([]);
  expect(await readdir(slotHome(contract, slot))).toEqual(["tmp"]);
  expect(await readdir(`${slotHome(contract, slot)}/tmp`)).toEqual([]);
  expect(await isAlive(daemon)).toBe(false);
  if (isRoot) {
    expect(processesOf(supervisor)).toEqual([]);
    await expect(readFile(litter)).rejects.toThrow("ENOENT");
  } else await rm(litter);
  await slots.purge(slot);
  expect((await runStep(supervisor, ["true"])).exitCode).toBe(0);
});

test.skipIf(!isRoot)(
  "a purge also ends what forks and ends without pause, which no list of processes shows",
  async () => {
    const { contract, slot, slots } = supervisor;
    const pipe = `${contract.root}/comet`;
    execFileSync("mkfifo", ["--mode=666", pipe]);
    let hasEnded = false;
    // Every generation has the pipe open, and each lives for as long as it takes to make the next one.
    createReadStream(pipe)
      .resume()
      .once("end", () => (hasEnded = true));
    const comet = `use POSIX; $SIG{CHLD} = "IGNORE"; my $end = time + 120; open(my $pipe, ">", "${pipe}"); pipe(my $in, my $out);
    if (fork()) { close($out); <$in>; exit 0 }
    POSIX::setsid(); close($out); close(STDOUT); close(STDERR);
    while (time < $end) { fork() and exit 0 }`;
    expect((await runStep(supervisor, ["perl", "-e", comet])).exitCode).toBe(0);
    expect(hasEnded).toBe(false);
    await slots.purge(slot);
    await eventually(() => hasEnded, DEADLINE);
  },
);

test("the sockets say who may come in", async () => {
  const mode = async (name: string): Promise<number> =>
    (await stat(`${supervisor.contract.root}/run/oroboros/${name}`)).mode & 0o777;
  expect(await mode("supervisor.sock")).toBe(0o660);
  expect(await mode("supervisor-admin.sock")).toBe(0o600);
});
