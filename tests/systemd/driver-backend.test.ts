import { WORKER_USER } from "@oroboros/slot-contract/host";
import type { BackendReport } from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Host } from "./boot-host.ts";
import { aDriver, type Driver, WORKTREES } from "./driver/a-driver.ts";
import { bootDrivenHost } from "./driver/boot-driven-host.ts";
import { BACKEND_JOB, backendJob, LISTENING } from "./driver/backend-job.ts";

const DEADLINE = { deadlineMs: 60_000 };
const HEALTHY = { healthTimeoutMs: 60_000 };
const UNIT = "ouroboros-preview-backend@preview1.service";
let host: Host & AsyncDisposable;
let worker: Driver;

beforeAll(async () => {
  host = await bootDrivenHost();
  worker = await aDriver(host, WORKER_USER);
  await host.box.must(["ip", "link", "set", "lo", "up"]);
});
afterEach(async () => expect(await worker.backend("stop")).toMatchObject({ ok: true, state: "stopped" }));
afterAll(async () => {
  await worker?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
});

const publish = (options: Parameters<typeof backendJob>[0] = {}, owner = WORKER_USER): Promise<void> =>
  host.box.write(BACKEND_JOB, backendJob(options), 0o640, `${owner}:oroboros-preview-1`);
const running = (report: BackendReport): Extract<BackendReport, { ok: true }> => {
  if (!report.ok) throw new Error(`${report.reason}: ${report.error.message}`);
  return report;
};
const shown = async (unit: string, property: string): Promise<string> =>
  (await host.box.systemctl("show", "--value", `--property=${property}`, unit)).trim();
const tail = async (lines = 1): Promise<string[]> => (await worker.ask("tail", { lines })) as string[];
const commandOf = async (pid: number | null): Promise<string> =>
  (await host.box.run(["cat", `/proc/${pid}/cmdline`])).stdout.replaceAll("\0", " ");

test("a start answers with the documents' object, and a second one, also root's, finds it done", async () => {
  await publish();
  const first = running(await worker.backend("start", HEALTHY));
  expect(first).toEqual({
    ok: true,
    command: "start",
    slot_id: "preview-1",
    state: "running",
    already: false,
    pid: expect.any(Number),
    port: 8101,
    health_url: "http://127.0.0.1:8101/health",
    log_file: "/var/log/oroboros/preview-backend/preview-1.log",
    worktree_path: WORKTREES,
    db_name: "app_preview_1",
  });
  await using root = await aDriver(host, "root");
  expect(running(await root.backend("start"))).toEqual({ ...first, already: true });
  expect(running(await root.backend("status"))).toMatchObject({ state: "running", pid: first.pid });
  expect(running(await worker.backend("health"))).toMatchObject({ state: "running" });
  expect(await tail()).toEqual([LISTENING]);
});

test("the unit's process is the job's own program, with the job's environment and in its directory", async () => {
  await publish({
    script: "console.log(JSON.stringify({ env: process.env, cwd: process.cwd(), argv: process.argv0 }))",
  });
  await worker.backend("start");
  const said = await eventually(async () => {
    const [line = ""] = await tail();
    return line.startsWith("{") ? (JSON.parse(line) as { env: Record<string, string>; cwd: string }) : undefined;
  }, DEADLINE);
  expect(said).toMatchObject({
    cwd: WORKTREES,
    env: { SLOT_ID: "preview-1", HOME: "/var/lib/oroboros/slots/preview-1" },
  });
  for (const name of ["NODE_OPTIONS", "INVOCATION_ID", "LANG"]) expect(said.env).not.toHaveProperty(name);
  await publish();
  const { pid } = running(await worker.backend("restart", HEALTHY));
  expect(await commandOf(pid)).toMatch(/^node -e /);
  expect(await shown(UNIT, "MainPID")).toBe(String(pid));
});

test("a restart replaces the process, and no other slot's unit starts again", async () => {
  const other = "ouroboros-preview-backend@preview2.service";
  await host.box.write(
    BACKEND_JOB.replace("preview-1", "preview-2"),
    backendJob({ slot: 2 }),
    0o640,
    `${WORKER_USER}:oroboros-preview-2`,
  );
  running(await worker.backend("start", { ...HEALTHY, slot: "preview-2" }));
  const since = await shown(other, "ActiveEnterTimestampMonotonic");
  await publish();
  const first = running(await worker.backend("start", HEALTHY));
  const second = running(await worker.backend("restart", HEALTHY));
  expect(second.pid).not.toBe(first.pid);
  expect(await commandOf(first.pid)).toBe("");
  expect(await shown(other, "ActiveEnterTimestampMonotonic")).toBe(since);
  await worker.backend("stop", { slot: "preview-2" });
});

test("what was stopped stays stopped until it is started", async () => {
  await publish();
  running(await worker.backend("start", HEALTHY));
  expect(running(await worker.backend("stop"))).toMatchObject({ state: "stopped", already: false, pid: null });
  expect(running(await worker.backend("stop"))).toMatchObject({ state: "stopped", already: true });
  expect(running(await worker.backend("status"))).toMatchObject({ state: "stopped", worktree_path: null });
  expect(await worker.backend("health")).toMatchObject({ ok: false, reason: "not_running" });
});

test("a backend that dies is started again by systemd, each time, and is the same backend", async () => {
  await publish();
  let { pid } = running(await worker.backend("start", HEALTHY));
  for (let time = 0; time < 2; time += 1) {
    await host.box.must(["kill", "-KILL", String(pid)]);
    const again = await eventually(async () => {
      const report = running(await worker.backend("status"));
      return report.pid !== null && report.pid !== pid ? report : undefined;
    }, DEADLINE);
    expect(again.worktree_path).toBe(WORKTREES);
    pid = again.pid;
  }
});

test("one that ends again and again is never taken for one that runs", async () => {
  await publish({ script: "setTimeout(() => process.exit(7), 2000)" });
  const { pid } = running(await worker.backend("start"));
  await eventually(async () => running(await worker.backend("status")).state === "stopped", DEADLINE);
  const restarts = async (): Promise<number> => Number(await shown(UNIT, "NRestarts"));
  await eventually(
    async () => {
      const report = running(await worker.backend("status"));
      expect([report.state, report.pid]).toEqual(["stopped", null]);
      return (await restarts()) >= 2;
    },
    { deadlineMs: 60_000 },
  );
  expect(pid).not.toBe(null);
  // What is started next is no round of that, in the middle of a round as little as between two.
  const round = await restarts();
  await eventually(async () => (await restarts()) > round, DEADLINE);
  await eventually(async () => (await shown(UNIT, "ActiveState")) === "active", DEADLINE);
  await publish();
  expect(running(await worker.backend("start", HEALTHY))).toMatchObject({ state: "running", already: false });
});

test("a backend that never gets healthy is stopped, and told with its last lines", async () => {
  await publish({ script: `console.error("no such table: tasks"); process.exit(1)` });
  const ended = await worker.backend("start", HEALTHY);
  expect(ended).toMatchObject({ ok: false, reason: "backend_not_started" });
  expect(JSON.stringify(ended)).toContain("no such table: tasks");
  await publish({ status: 302 });
  const redirecting = await worker.backend("start", { healthTimeoutMs: 10_000 });
  expect(JSON.stringify(redirecting)).toContain("answered 302");
  expect(running(await worker.backend("status")).state).toBe("stopped");
  expect(await shown(UNIT, "ActiveState")).toBe("inactive");
});

test("a restart into what can not be started leaves the backend running", async () => {
  await publish();
  const { pid } = running(await worker.backend("start", HEALTHY));
  for (const worktreePath of ["/nonexistent", "/etc", `${WORKTREES}/missing`])
    expect(await worker.backend("restart", { worktreePath })).toMatchObject({ ok: false });
  expect(running(await worker.backend("status"))).toMatchObject({ state: "running", pid });
});

test("a job that a branch could have written, a link to one, and one of another slot start nothing", async () => {
  await publish({}, "oroboros-preview-1");
  expect(await worker.backend("start")).toMatchObject({ ok: false, reason: "path_refused" });
  await publish();
  await host.box.must(["mv", BACKEND_JOB, `${BACKEND_JOB}.other`]);
  await host.box.must(["ln", "-s", `${BACKEND_JOB}.other`, BACKEND_JOB]);
  expect(await worker.backend("start")).toMatchObject({ ok: false, reason: "path_refused" });
  await host.box.must(["rm", BACKEND_JOB, `${BACKEND_JOB}.other`]);
  expect(await worker.backend("start")).toMatchObject({ ok: false, reason: "backend_not_started" });
  await publish({ slot: 2 });
  expect(await worker.backend("start")).toMatchObject({ ok: false, reason: "slot_database_mismatch" });
  // Of root it is one that it may have written itself.
  await publish({}, "root");
  await using root = await aDriver(host, "root");
  expect(await root.backend("start", HEALTHY)).toMatchObject({ ok: true });
});

test("a port of somebody else is named and left alone", async () => {
  await publish();
  const squatter = `require("node:net").createServer().listen(8101, "127.0.0.1", () => console.log("squat" + "ting"))`;
  await host.box.must(["systemd-run", "--quiet", "--unit=squatter", "/srv/oroboros/current/bin/node", "-e", squatter]);
  await eventually(async () => (await host.box.journal("squatter")).includes("squatting"), DEADLINE);
  expect(await worker.backend("start")).toMatchObject({ ok: false, reason: "port_taken" });
  await host.box.systemctl("stop", "squatter");
});
