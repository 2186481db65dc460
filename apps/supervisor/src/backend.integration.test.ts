import { readFile, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { listProcesses, removeTree, setAccess } from "@oroboros/host";
import {
  backendJobFile,
  backendLog,
  backendPort,
  type BackendReport,
  loopbackUrl,
  slotDatabase,
  slotHome,
  slotWorktrees,
  worktreeLink,
} from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { aSupervisor, isRoot, processesOf, type TestSupervisor, writeJob } from "./testing/a-supervisor.ts";
import { startStopwatch } from "./testing/stopwatch.ts";

const DEADLINE = { deadlineMs: 60_000 };
const HEALTHY = { healthTimeoutMs: 60_000 };
let supervisor: TestSupervisor;

beforeAll(async () => {
  supervisor = await aSupervisor();
});
afterEach(async () => void (await backend("stop")));
afterAll(() => supervisor?.[Symbol.asyncDispose]());

const backend = (
  ...args: [Parameters<TestSupervisor["slots"]["backend"]>[1], { healthTimeoutMs?: number; worktreePath?: string }?]
) => supervisor.slots.backend(supervisor.slot, ...args);
const running = (report: BackendReport): Extract<BackendReport, { ok: true }> => {
  if (!report.ok) throw new Error(`${report.reason}: ${report.error.message}`);
  return report;
};
const logged = (pid: number | null, message: string): boolean =>
  supervisor
    .log()
    .split("\n")
    .some((line) => line.includes(`"pid":${pid},`) && line.includes(message));
const hasAnswered = (report: BackendReport): boolean => JSON.stringify(report).includes("answered");
const isAlive = (pid: number | null): boolean => listProcesses().some((entry) => entry.pid === pid);

test("a start answers with the documents' object, and a second one finds it done", async () => {
  await writeJob(supervisor);
  const { contract, slot } = supervisor;
  const first = running(await backend("start", HEALTHY));
  expect(first).toEqual({
    ok: true,
    command: "start",
    slot_id: slot,
    state: "running",
    already: false,
    pid: expect.any(Number),
    port: backendPort(contract, slot),
    health_url: `${loopbackUrl(backendPort(contract, slot))}/health`,
    log_file: backendLog(contract, slot),
    worktree_path: slotWorktrees(contract, slot),
    db_name: slotDatabase(slot),
  });
  expect(running(await backend("start"))).toEqual({ ...first, already: true });
  expect(running(await backend("status"))).toMatchObject({ state: "running", pid: first.pid });
  expect(running(await backend("health"))).toMatchObject({ state: "running" });
  expect(await supervisor.slots.backendLogTail(slot, 1)).toEqual(["listening"]);
});

test("a restart into what can not be started leaves the backend running", async () => {
  await writeJob(supervisor);
  const { pid } = running(await backend("restart", HEALTHY));
  for (const worktreePath of [
    "/nonexistent",
    "/etc",
    `${slotWorktrees(supervisor.contract, supervisor.slot)}/missing`,
  ]) {
    expect(await backend("restart", { worktreePath })).toMatchObject({ ok: false });
    expect(running(await backend("status"))).toMatchObject({ state: "running", pid });
  }
});

test("the last lines are those of the process that was started last, of which there may be none", async () => {
  await writeJob(supervisor);
  running(await backend("restart", HEALTHY));
  await writeJob(supervisor, { script: "process.exit(7)" });
  running(await backend("restart"));
  await eventually(async () => running(await backend("status")).state === "stopped", DEADLINE);
  expect(await supervisor.slots.backendLogTail(supervisor.slot, 10)).toEqual([]);
  expect(await readFile(backendLog(supervisor.contract, supervisor.slot), "utf8")).toContain("listening");
});

test("after a purge there is no job to start, and the next log starts empty", async () => {
  await writeJob(supervisor);
  running(await backend("start", HEALTHY));
  await supervisor.slots.purge(supervisor.slot);
  expect(await backend("start")).toMatchObject({ ok: false, reason: "backend_not_started" });
  expect(await supervisor.slots.backendLogTail(supervisor.slot, 10)).toEqual([]);
  expect(await readFile(`${backendLog(supervisor.contract, supervisor.slot)}.1`, "utf8")).toContain("listening");
});

test("what was stopped stays stopped until it is started", async () => {
  await writeJob(supervisor);
  const { pid } = running(await backend("start", HEALTHY));
  expect(running(await backend("stop"))).toMatchObject({ state: "stopped", already: false, pid: null });
  expect(isAlive(pid)).toBe(false);
  expect(running(await backend("stop"))).toMatchObject({ state: "stopped", already: true });
  expect(running(await backend("status"))).toMatchObject({ state: "stopped" });
  expect(await backend("health")).toMatchObject({ ok: false, reason: "not_running" });
});

test("a restart replaces the process on the same port", async () => {
  await writeJob(supervisor);
  const first = running(await backend("start", HEALTHY));
  const second = running(await backend("restart", HEALTHY));
  expect(second.pid).not.toBe(first.pid);
  expect(isAlive(first.pid)).toBe(false);
});

test("a backend that was healthy and dies is started again, each time, until it is told to stop", async () => {
  await writeJob(supervisor);
  let { pid } = running(await backend("start", HEALTHY));
  await eventually(() => logged(pid, "backend healthy"), DEADLINE);
  for (let time = 0; time < 2; time += 1) {
    process.kill(Number(pid), "SIGKILL");
    const again = await eventually(async () => {
      const report = running(await backend("status"));
      return report.pid !== null && report.pid !== pid ? report : undefined;
    }, DEADLINE);
    pid = again.pid;
    await eventually(async () => (await backend("health")).ok, DEADLINE);
  }
  running(await backend("stop"));
  expect(running(await backend("status"))).toMatchObject({ state: "stopped" });
  expect(isAlive(pid)).toBe(false);
});

test("a backend is asked for its health at the path of its job, by who waits, who looks and who keeps it up", async () => {
  await writeJob(supervisor, { health: "/ready?deep" });
  const first = running(await backend("start", HEALTHY));
  expect(first.health_url).toBe(`${loopbackUrl(backendPort(supervisor.contract, supervisor.slot))}/ready?deep`);
  expect(running(await backend("health"))).toMatchObject({ pid: first.pid, health_url: first.health_url });
  await eventually(() => logged(first.pid, "backend healthy"), DEADLINE);
  process.kill(Number(first.pid), "SIGKILL");
  await eventually(async () => {
    const report = await backend("health");
    return report.ok && report.pid !== first.pid;
  }, DEADLINE);
});

test.each(["//elsewhere.test/health", "@elsewhere.test/health", "http://elsewhere.test/health"])(
  "a job whose health is asked of somebody else is refused: %s",
  async (health) => {
    await writeJob(supervisor, { health });
    expect(await backend("start")).toMatchObject({ ok: false, reason: "invalid_request" });
  },
);

test("a backend that dies before it ever was healthy stays down", async () => {
  await writeJob(supervisor, { status: 500 });
  const { pid } = running(await backend("start"));
  await eventually(async () => JSON.stringify(await backend("health")).includes("answered 500"), DEADLINE);
  process.kill(Number(pid), "SIGKILL");
  await eventually(async () => running(await backend("status")).state === "stopped", DEADLINE);
  await eventually(() => logged(pid, "backend ended"), DEADLINE);
  const sinceItStarted = supervisor.log().slice(supervisor.log().indexOf(`"pid":${pid},`));
  expect(sinceItStarted).not.toContain("is started again");
});

test("a stop ends a backend that ignores SIGTERM, and its child", async () => {
  const script = `process.on("SIGTERM", () => {}); const { pid } = require("node:child_process").spawn("sleep", ["1000"]);
    console.log("child", pid); setInterval(() => {}, 1000)`;
  await writeJob(supervisor, { script });
  const { pid } = running(await backend("start"));
  const [line = ""] = await eventually(async () => {
    const lines = await supervisor.slots.backendLogTail(supervisor.slot, 1);
    return lines[0]?.startsWith("child ") === true ? lines : undefined;
  }, DEADLINE);
  running(await backend("stop"));
  expect([isAlive(pid), isAlive(Number(line.split(" ")[1]))]).toEqual([false, false]);
});

test("a purge frees the slot within two seconds, whatever ignores SIGTERM or left its session", async () => {
  const { contract, slot, slots } = supervisor;
  const ignoring = `trap "" TERM; while :; do sleep 1; done`;
  const script = `process.on("SIGTERM", () => {}); const { spawn } = require("node:child_process");
    const child = spawn("setsid", ["sh", "-c", ${JSON.stringify(ignoring)}], { detached: true, stdio: "ignore" });
    console.log("ready", child.pid); setInterval(() => {}, 1000)`;
  await writeJob(supervisor, { script });
  const starting = backend("start", { healthTimeoutMs: 60_000 });
  const step = { kind: "build", cwd: slotWorktrees(contract, slot), env: {}, timeout_ms: 60_000 } as const;
  const building = slots
    .runStep(slot, { ...step, argv: ["sh", "-c", `echo $$ > building; ${ignoring}`] }, {})
    .catch(() => "cut off");
  await eventually(() => readFile(`${slotWorktrees(contract, slot)}/building`, "utf8"), DEADLINE);
  await eventually(async () => (await slots.backendLogTail(slot, 1))[0]?.startsWith("ready"), DEADLINE);
  const elapsed = startStopwatch();
  await slots.purge(slot);
  const { tickedMs, undisturbedMs } = elapsed();
  expect(undisturbedMs).toBeLessThan(2_000);
  // Also on a machine that is never idle: a stop would give the backend five seconds.
  expect(tickedMs).toBeLessThan(4_500);
  expect(await starting).toMatchObject({ ok: false });
  await building;
  if (isRoot) expect(processesOf(supervisor)).toEqual([]);
  expect(running(await backend("status")).state).toBe("stopped");
});

test("a port of somebody else is named and left alone", async () => {
  await writeJob(supervisor);
  const squatter = createServer();
  await new Promise<void>((resolve) =>
    squatter.listen(backendPort(supervisor.contract, supervisor.slot), "127.0.0.1", resolve),
  );
  try {
    const report = await backend("start");
    expect(report).toMatchObject({ ok: false, command: "start", reason: "port_taken" });
    expect(JSON.stringify(report)).toContain(`process ${process.pid} `);
  } finally {
    await new Promise((resolve) => squatter.close(resolve));
  }
});

test("a backend that ends before it is healthy is reported with its last lines", async () => {
  await writeJob(supervisor, { script: `console.error("no such table: tasks"); process.exit(1)` });
  const report = await backend("start", HEALTHY);
  expect(report).toMatchObject({ ok: false, reason: "backend_not_started" });
  expect(JSON.stringify(report)).toContain("no such table: tasks");
});

test("a backend that never gets healthy is stopped; a redirect is no health", async () => {
  await writeJob(supervisor, { status: 302 });
  let report = await backend("start", { healthTimeoutMs: 500 });
  // Whoever's time was over before it listened is given more.
  for (let healthTimeoutMs = 1_000; healthTimeoutMs < 10_000 && !hasAnswered(report); healthTimeoutMs *= 2)
    report = await backend("start", { healthTimeoutMs });
  expect(report).toMatchObject({ ok: false, reason: "backend_not_started" });
  expect(JSON.stringify(report)).toContain("answered 302");
  expect(running(await backend("status")).state).toBe("stopped");
});

test("health tells what a running backend answered", async () => {
  await writeJob(supervisor, { status: 500 });
  running(await backend("start"));
  await eventually(async () => JSON.stringify(await backend("health")).includes("answered 500"), DEADLINE);
});

test("a job bound to another slot's database, port or id starts nothing", async () => {
  const { contract, slot, other } = supervisor;
  const wrong = [
    { DATABASE_URL: `postgresql://slot:pw@127.0.0.1:5432/${slotDatabase(other)}` },
    { SLOT_DB_NAME: slotDatabase(other) },
    { SLOT_BACKEND_PORT: String(backendPort(contract, other)) },
  ];
  for (const env of wrong) {
    await writeJob(supervisor, { env });
    const report = await backend("start");
    expect(report).toMatchObject({ ok: false, reason: "slot_database_mismatch" });
    expect(JSON.stringify(report)).not.toContain("pw@");
  }
  await removeTree(backendJobFile(contract, slot));
  expect(await backend("start")).toMatchObject({
    ok: false,
    reason: "backend_not_started",
    error: { hint: "Publish a run with: oroboros runs create --title <title> --branch <branch>" },
  });
});

test("a job file that is a link, or is no job, is refused", async () => {
  const file = await writeJob(supervisor);
  const content = await readFile(file);
  await removeTree(file);
  await writeFile(`${supervisor.contract.root}/elsewhere.json`, content);
  await symlink(`${supervisor.contract.root}/elsewhere.json`, file);
  expect(await backend("start")).toMatchObject({ ok: false, reason: "path_refused" });
  await removeTree(file);
  await writeFile(file, '{"argv":[]}');
  expect(await backend("start")).toMatchObject({ ok: false, reason: "invalid_request" });
});

test.skipIf(!isRoot)("a job file that the slot's own user wrote is refused", async () => {
  const file = await writeJob(supervisor);
  const uid = 40_000 + backendPort(supervisor.contract, supervisor.slot);
  setAccess(file, { mode: 0o644, owner: { uid, gid: uid } });
  expect(await backend("start")).toMatchObject({ ok: false, reason: "path_refused" });
});

test("a job whose directory is not the slot's is refused", async () => {
  const file = await writeJob(supervisor);
  const job = JSON.parse(await readFile(file, "utf8")) as object;
  await writeFile(file, JSON.stringify({ ...job, cwd: "/etc" }));
  expect(await backend("start")).toMatchObject({ ok: false, reason: "path_refused" });
});

test("a start takes the slot's published worktree by its documented path, and no other slot's", async () => {
  await writeJob(supervisor);
  const { contract, slot, other } = supervisor;
  const report = running(await backend("start", { ...HEALTHY, worktreePath: worktreeLink(contract, slot) }));
  expect(report.worktree_path).toBe(slotWorktrees(contract, slot));
  await backend("stop");
  expect(await backend("start", { worktreePath: slotWorktrees(contract, other) })).toMatchObject({
    reason: "path_refused",
  });
});

test("a backend's environment is its job's and nothing that runs code", async () => {
  await writeJob(supervisor, {
    script: "console.log(JSON.stringify(process.env))",
    env: { NODE_OPTIONS: "--inspect" },
  });
  running(await backend("start"));
  const environment = await eventually(async () => {
    const [line] = await supervisor.slots.backendLogTail(supervisor.slot, 1);
    return line?.startsWith("{") === true ? (JSON.parse(line) as Record<string, string>) : undefined;
  }, DEADLINE);
  expect(environment).toMatchObject({ SLOT_ID: supervisor.slot, HOME: slotHome(supervisor.contract, supervisor.slot) });
  for (const name of ["NODE_OPTIONS", "SUPERVISORS_SECRET", "pnpm_config_registry"])
    expect(environment).not.toHaveProperty(name);
});
