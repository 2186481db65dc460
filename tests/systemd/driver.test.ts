import { STEP_KINDS, type StepKind } from "@oroboros/slot-contract";
import { WORKER_USER } from "@oroboros/slot-contract/host";
import { eventually } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Host } from "./boot-host.ts";
import { aDriver, type Driver, type DriverError, type Step, WORKTREES } from "./driver/a-driver.ts";
import { bootDrivenHost } from "./driver/boot-driven-host.ts";

const DEADLINE = { deadlineMs: 60_000 };
const SLOT_USER = "oroboros-preview-1";
const HOME = "/var/lib/oroboros/slots/preview-1";
const FOR_EVER = "sleep 1000";
const DEAF_DAEMON = `setsid sh -c 'trap "" TERM; echo > daemon; while :; do sleep 1; done' >/dev/null 2>&1 &`;
let host: Host & AsyncDisposable;
let worker: Driver;
let epoch = 100;
const next = (): number => (epoch += 1);

beforeAll(async () => {
  host = await bootDrivenHost();
  worker = await aDriver(host, WORKER_USER);
});
afterAll(async () => {
  await worker?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
});

const sh = (script: string): { argv: string[] } => ({ argv: ["sh", "-c", script] });
const has = async (path: string): Promise<boolean> => (await host.box.run(["test", "-e", path])).exitCode === 0;
const began = (file: string): Promise<unknown> => eventually(() => has(`${WORKTREES}/${file}`), DEADLINE);
/** Those that live: one that nobody has reaped yet holds nothing. */
const processesOf = async (user: string): Promise<string> =>
  (await host.box.run(["pgrep", "--list-full", "--runstates", "R,S,D,T,t,I", "--uid", user])).stdout;
const resultOf = async (step: Step): Promise<Record<string, unknown> | undefined> => (await step.ended).result;

test("a step runs as its slot's user, and both its streams and its exit code come through", async () => {
  const { result, stdout, stderr } = await worker.step(sh("id -un; echo grün >&2; exit 3")).ended;
  expect({ stdout, stderr }).toEqual({ stdout: `${SLOT_USER}\n`, stderr: "grün\n" });
  expect(result).toMatchObject({ exitCode: 3, signal: null, timedOut: false });
});

test("a step's environment is what it declares and what every step has, and nothing that runs code", async () => {
  const env = { NODE_OPTIONS: "--require ./evil.js", LD_PRELOAD: "./evil.so", VITE_API_BASE_URL: "/api" };
  const { stdout } = await worker.step({ argv: ["env"], env }).ended;
  expect(stdout.trim().split("\n").toSorted()).toEqual([
    `HOME=${HOME}`,
    "PATH=/srv/oroboros/current/bin:/usr/local/bin:/usr/bin:/bin",
    `TMPDIR=${HOME}/tmp`,
    "VITE_API_BASE_URL=/api",
  ]);
});

test("every kind of step works in its slot's home and in its worktrees, and leaves no job file", async () => {
  for (const kind of ["checkout", "install", "build", "migrate", "cleanup"] as const) {
    for (const cwd of [HOME, WORKTREES]) {
      const { result, stdout } = await worker.step({ kind, argv: ["pwd"], cwd }).ended;
      expect({ kind, stdout, exitCode: result?.["exitCode"] }).toEqual({ kind, stdout: `${cwd}\n`, exitCode: 0 });
    }
  }
  expect(await host.box.must(["ls", "/run/oroboros/slots/preview-1"])).not.toContain("step-");
});

test("a step copies, packs and changes directories as it likes, and the worker alone reads what it makes", async () => {
  const script = `mkdir a && echo x >a/file && cp -R a b && cp -a a c && chmod 755 a && chmod -R u+w c && tar -cf t.tar a && mkdir d && tar -xpf t.tar -C d`;
  const { result, stderr } = await worker.step(sh(script)).ended;
  expect({ exitCode: result?.["exitCode"], stderr }).toEqual({ exitCode: 0, stderr: "" });
  for (const path of ["a/file", "b/file", "c/file", "d/a/file"].map((name) => `${WORKTREES}/${name}`)) {
    expect(await host.box.must(["cat", path], { user: WORKER_USER })).toBe("x\n");
    for (const user of ["oroboros-preview-2", "oroboros-web", "oroboros"])
      expect((await host.box.run(["cat", path], { user })).stderr).toContain("Permission denied");
  }
});

test("a step that has shut the worker out of its worktrees has not shut out the next one", async () => {
  await worker.step(sh("chmod 700 .")).ended;
  await worker.step(sh("echo x >seen")).ended;
  expect(await host.box.must(["cat", `${WORKTREES}/seen`], { user: WORKER_USER })).toBe("x\n");
});

test("steps of one kind that are asked for at once run one after the other, and none gets another's output", async () => {
  await using root = await aDriver(host, "root");
  const steps = Array.from({ length: 6 }, (_, index) =>
    (index % 2 === 0 ? worker : root).step(sh(`test ! -e busy && touch busy && echo ${index}; rm busy; exit ${index}`)),
  );
  for (const [index, step] of steps.entries()) {
    const { result, stdout } = await step.ended;
    expect({ stdout, exitCode: result?.["exitCode"] }).toEqual({ stdout: `${index}\n`, exitCode: index });
  }
});

/** What a step's command tries on its own runner, and what came of it. */
const AGAINST_ITS_RUNNER = `import ctypes, json, os, signal, time
def tried(act):
    try:
        act()
        return "done"
    except OSError as error:
        return error.strerror
runner = f"/proc/{os.getppid()}"
said = {name: tried(lambda: os.close(os.open(f"{runner}/{name}", flags))) for name, flags in
        [("mem", os.O_RDWR), ("environ", os.O_RDONLY), ("fd/1", os.O_WRONLY), ("maps", os.O_RDONLY)]}
said["what fd/1 is"] = tried(lambda: os.readlink(f"{runner}/fd/1"))
said["own mem"] = tried(lambda: os.close(os.open("/proc/self/mem", os.O_RDWR)))
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_BLOCK_SUSPEND = 47, 2, 36
said["take it back"] = ctypes.CDLL(None).prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_BLOCK_SUSPEND, 0, 0)
said.update(line.split(":\\t") for line in open("/proc/self/status").read().split("\\n") if line[:6] in ("CapInh", "CapPrm", "CapEff", "CapAmb"))
print(json.dumps(said))`;
const triedOnRunner = async (kind: StepKind): Promise<Record<string, unknown>> => {
  const { result, stdout, stderr } = await worker.step({ kind, argv: ["python3", "-c", AGAINST_ITS_RUNNER] }).ended;
  expect({ exitCode: result?.["exitCode"], stderr }).toEqual({ exitCode: 0, stderr: "" });
  return JSON.parse(stdout) as Record<string, unknown>;
};

test.each(STEP_KINDS)("the command of a step %s has no capability, and can not get at its runner", async (kind) => {
  // ProtectProc= hides whom the kernel refuses access to: before an access is refused, there is nothing to open.
  const hidden = "No such file or directory";
  const none = "0".repeat(16);
  expect(await triedOnRunner(kind)).toEqual({
    mem: hidden,
    environ: hidden,
    maps: hidden,
    "fd/1": hidden,
    "what fd/1 is": hidden,
    "own mem": "done",
    "take it back": -1,
    CapInh: none,
    CapPrm: none,
    CapEff: none,
    CapAmb: none,
  });
});

/** Looks for it five times a second. */
const startDebugger = (seconds: number): { argv: string[] } =>
  sh(`kill -USR1 $PPID; for i in $(seq ${5 * seconds}); do
    grep -q ":240D " /proc/net/tcp && echo debugger && exit; sleep 0.2; done`);

test("a command can not start its runner's debugger", async () => {
  const { result, stdout } = await worker.step(startDebugger(1)).ended;
  expect({ stdout, exitCode: result?.["exitCode"] }).toEqual({ stdout: "", exitCode: 0 });
});

test("a runner that has no capability and may be debugged is open to its command", async () => {
  const directory = "/run/systemd/system/ouroboros-step-build@.service.d";
  const start = "ExecStart=/srv/oroboros/current/bin/node /srv/oroboros/current/apps/step-runner.js step build";
  const open = ["AmbientCapabilities=", "CapabilityBoundingSet=", "ExecStart=", start];
  await host.box.write(`${directory}/open.conf`, `[Service]\n${open.join("\n")}\n`);
  await host.box.systemctl("daemon-reload");
  const tried = await triedOnRunner("build");
  const { stdout } = await worker.step(startDebugger(50)).ended;
  await host.box.must(["rm", "--recursive", directory]);
  await host.box.systemctl("daemon-reload");
  expect(tried).toMatchObject({ mem: "done", environ: "done", maps: "done", "what fd/1 is": "done" });
  expect(stdout).toBe("debugger\n");
});

test("a program that a signal ended is told with that signal", async () => {
  expect(await resultOf(worker.step(sh("kill -SEGV $$")))).toMatchObject({ exitCode: null, signal: "SIGSEGV" });
  expect(await resultOf(worker.step(sh("exit 139")))).toMatchObject({ exitCode: 139, signal: null });
});

test("a program that is not there, a directory that is not there, and one that is not the slot's are errors with codes", async () => {
  const codeOf = async (request: object): Promise<unknown> => (await worker.step(request).ended).error?.code;
  await host.box.must(["ln", "-sfn", "/etc", `${WORKTREES}/link`]);
  expect(await codeOf({ argv: ["no-such-program"] })).toBe("start_failed");
  expect(await codeOf({ cwd: `${WORKTREES}/missing` })).toBe("path_not_found");
  for (const cwd of ["/etc", `${WORKTREES}/../preview-2.d`, `${WORKTREES}/link`, "/var/lib/oroboros/slots/preview-2"])
    expect(await codeOf({ cwd })).toBe("path_refused");
});

test("a timeout ends a step, a grandchild that ignores SIGTERM included", async () => {
  const step = worker.step({ ...sh(`${DEAF_DAEMON} ${FOR_EVER}`), timeout_ms: 8_000 });
  await began("daemon");
  expect(await resultOf(step)).toMatchObject({ timedOut: true });
  expect(await processesOf(SLOT_USER)).toBe("");
  await host.box.must(["rm", `${WORKTREES}/daemon`]);
});

test("canceling a step ends a daemon that ignores SIGTERM in a session of its own", async () => {
  const step = worker.step(sh(`trap "" TERM; ${DEAF_DAEMON} ${FOR_EVER}`));
  await began("daemon");
  const canceledAt = performance.now();
  step.abort();
  expect((await step.ended).error).toMatchObject({ message: "run was canceled" });
  expect(await processesOf(SLOT_USER)).toBe("");
  // The unit is given two seconds to stop, and systemd would have given it ninety.
  expect(performance.now() - canceledAt).toBeLessThan(60_000);
  expect(await worker.ask("running")).toBe(0);
});

test("output beyond the cap is dropped and the step still ends", async () => {
  const { result, stdout } = await worker.step(sh("head -c 20000000 /dev/zero | tr '\\0' x")).ended;
  expect(result).toMatchObject({ exitCode: 0 });
  expect(stdout.length).toBeLessThan(9_000_000);
  expect(stdout).toMatch(/the rest is dropped/);
});

test("a step that needs more memory than it may have is told as that", async (context) => {
  if (!host.box.controllers.has("memory")) return context.skip("nobody keeps MemoryMax= here");
  const { error } = await worker.step({
    argv: ["node", "-e", "const all = []; for (;;) all.push(Buffer.alloc(1e7, 1))"],
  }).ended;
  expect(error).toMatchObject({ code: "step_failed" });
  expect(error?.message).toContain("1024 MB");
});

test("whoever presents an earlier lease than one before is refused, and does nothing", async () => {
  const [earlier, later] = [next(), next()];
  expect(await resultOf(worker.step(sh("touch later"), { epoch: later }))).toMatchObject({ exitCode: 0 });
  await using root = await aDriver(host, "root");
  for (const driver of [worker, root]) {
    expect((await driver.step(sh("touch earlier"), { epoch: earlier }).ended).error).toMatchObject({
      code: "stale_lease",
    });
    for (const command of ["start", "restart", "stop"])
      await expect(driver.backend(command, { epoch: earlier })).rejects.toMatchObject({ code: "stale_lease" });
    await expect(driver.ask("purge", { epoch: earlier })).rejects.toMatchObject({ code: "stale_lease" });
  }
  expect([await has(`${WORKTREES}/later`), await has(`${WORKTREES}/earlier`)]).toEqual([true, false]);
});

test("a lease of one slot says nothing about another, and an operator's command presents none", async () => {
  await worker.step({ argv: ["true"] }, { epoch: next() }).ended;
  const other = { slot: "preview-2", epoch: 1 };
  const elsewhere = { argv: ["true"], cwd: "/srv/oroboros/worktrees/preview-2.d" };
  expect(await resultOf(worker.step(elsewhere, other))).toMatchObject({ exitCode: 0 });
  expect(await resultOf(worker.step({ argv: ["true"] }))).toMatchObject({ exitCode: 0 });
});

test("the steps of an earlier lease have ended before anything of a later one begins, whoever asks", async () => {
  const [earlier, later] = [next(), next()];
  const stale = worker.step({ ...sh("touch begun; while :; do touch written; sleep 0.01; done") }, { epoch: earlier });
  await began("begun");
  await using root = await aDriver(host, "root");
  const alone = { kind: "migrate" as const, ...sh("rm -f written; sleep 0.3; test ! -e written") };
  expect(await resultOf(root.step(alone, { epoch: later }))).toMatchObject({ exitCode: 0 });
  expect(await resultOf(stale)).toMatchObject({ exitCode: null, timedOut: false });
});

test("what a worker that was killed has left running goes on, until its successor presents a later lease", async () => {
  const killed = await aDriver(host, WORKER_USER);
  const [earlier, later] = [next(), next()];
  killed.step(sh("touch orphan; while :; do sleep 0.1; done"), { epoch: earlier });
  await began("orphan");
  await killed.kill();
  expect(await worker.ask("running")).toBe(1);
  expect(await processesOf(SLOT_USER)).not.toBe("");
  expect(await resultOf(worker.step({ kind: "install", argv: ["true"] }, { epoch: later }))).toMatchObject({
    exitCode: 0,
  });
  expect(await worker.ask("running")).toBe(0);
});

test("what a killed worker left of one kind is no answer to the next step of that kind", async () => {
  const killed = await aDriver(host, WORKER_USER);
  killed.step(sh("touch orphan-2; while :; do sleep 0.1; done"));
  await began("orphan-2");
  await killed.kill();
  const { result, stdout } = await worker.step(sh("echo mine; exit 4")).ended;
  expect({ stdout, exitCode: result?.["exitCode"] }).toEqual({ stdout: "mine\n", exitCode: 4 });
});

test("a job that somebody else wrote, a link to one, and one with a second name are refused by the unit", async () => {
  const [unit, file] = ["ouroboros-step-build@preview1.service", "/run/oroboros/slots/preview-1/step-build.json"];
  const job = JSON.stringify({
    job_id: "forged",
    argv: ["touch", "forged"],
    cwd: WORKTREES,
    env: { PATH: "/usr/bin" },
  });
  const started = async (): Promise<string> => {
    await host.box.run(["systemctl", "start", unit]);
    return host.box.must(["cat", "/var/log/oroboros/steps/preview-1-build.log"]);
  };
  await host.box.write(file, job, 0o640, SLOT_USER);
  expect(await started()).toContain("path_refused");
  await host.box.write("/run/oroboros/slots/preview-1/other.json", job, 0o644, WORKER_USER);
  await host.box.must(["ln", "-sfn", "other.json", file]);
  expect(await started()).toContain("path_refused");
  await host.box.must(["ln", "-f", "/run/oroboros/slots/preview-1/other.json", file]);
  expect(await started()).toContain("path_refused");
  expect(await has(`${WORKTREES}/forged`)).toBe(false);
  // The guard's own proof: the same job, as the worker writes it.
  await host.box.must(["rm", "/run/oroboros/slots/preview-1/other.json"]);
  await started();
  expect(await has(`${WORKTREES}/forged`)).toBe(true);
  await host.box.must(["rm", file]);
});

test("a step that polkit refuses is told as that, and one that it does not know of with systemd's own words", async () => {
  const rules = "/etc/polkit-1/rules.d/49-oroboros.rules";
  const asked = async (code: string): Promise<DriverError> =>
    eventually(async () => {
      const { error } = await worker.step({ argv: ["true"] }).ended;
      return error?.code === code ? error : undefined;
    }, DEADLINE);
  await host.box.must(["mv", rules, "/etc/oroboros/aside"]);
  expect((await asked("unit_failed")).message).toContain("uthentication");
  await host.box.write(rules, "polkit.addRule(function () { return polkit.Result.NO; });\n");
  expect((await asked("command_refused")).hint).toContain("scripts/systemd-install-runtime.sh");
  await host.box.must(["mv", "/etc/oroboros/aside", rules]);
  await eventually(async () => (await worker.step({ argv: ["true"] }).ended).result !== undefined, DEADLINE);
});

test("a unit that can not be started is an error that names it", async () => {
  await host.box.must(["mv", "/srv/oroboros/current", "/srv/oroboros/aside"]);
  const { error } = await worker.step({ argv: ["true"] }).ended;
  await host.box.must(["mv", "/srv/oroboros/aside", "/srv/oroboros/current"]);
  expect(error).toMatchObject({ code: "unit_failed" });
  expect(error?.message).toContain("ouroboros-step-build@preview1.service");
});
