import { createRun, endOfRun, runScript, showRun, startRuntime, tinyApp, type Runtime } from "@oroboros/test-runtime";
import { eventually, takePortOffset } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";

const OFFSET = await takePortOffset();
const IDLE = "0".repeat(40);
const SLOTS = [1, 2, 3];
const DEADLINE = { deadlineMs: 120_000 };

const surface = (slot: number): string => `http://127.0.0.1:${3100 + OFFSET + slot}`;
const backend = (slot: number): string => `http://127.0.0.1:${8100 + OFFSET + slot}`;

let runtime: Runtime;
beforeAll(async () => {
  runtime = await startRuntime({ portOffset: OFFSET, main: tinyApp() });
});
afterAll(() => runtime?.stop());

async function answersIdle(slot: number): Promise<boolean> {
  const health = await fetch(`${surface(slot)}/api/health`).catch(() => undefined);
  return health?.headers.get("x-oroboros-commit") === IDLE;
}

const isIdle = (slot: number): Promise<unknown> => eventually(() => answersIdle(slot), DEADLINE);

const backendScript = (...args: string[]) =>
  runScript("scripts/preview-backend-runtime.sh", args, { OROBOROS_ROOT: runtime.root });

test("before any run every slot answers for itself: its page, its backend, its database, and nothing else", async () => {
  await Promise.all(SLOTS.map(isIdle));
  for (const slot of SLOTS) {
    const page = await fetch(surface(slot));
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("is free");
    expect(await (await fetch(`${surface(slot)}/api/health`)).json()).toMatchObject({ slot_id: `preview-${slot}` });
    expect(await (await fetch(`${surface(slot)}/api/slots`)).json()).toMatchObject([
      { slot_id: `preview-${slot}`, run_id: null },
    ]);
    expect((await fetch(`${backend(slot)}/api/runs`)).status).toBe(404);
  }
  const { exitCode, json } = await runtime.cli("slots", "health-check");
  expect(json).toMatchObject({ ok: true });
  expect(exitCode).toBe(0);
});

test("a run takes the slot's page and backend over, and its release brings both back at once", async () => {
  const run = await endOfRun(runtime, { title: "takes over" });
  expect(run.status, String(run.failure_message)).toBe("needs_approval");
  const slot = Number(String(run.slot_id).slice(-1));
  expect(await (await fetch(surface(slot))).text()).toContain("tiny page");
  expect(await answersIdle(slot)).toBe(false);
  await runtime.cli("slots", "release", String(run.slot_id));
  await isIdle(slot);
  expect(await (await fetch(surface(slot))).text()).toContain("is free");
});

test("a run that fails leaves an idle slot behind as well", async () => {
  const branch = "bad/start";
  await runtime.pushBranch(
    branch,
    tinyApp((app) => (app.files["server/server.mjs"] = "process.exit(3);")),
  );
  const run = await endOfRun(runtime, { title: "fails", branch });
  expect(run).toMatchObject({ status: "failed", failure_reason_code: "CHECKS_FAILED" });
  await Promise.all(SLOTS.map(isIdle));
});

test("three runs that come at once are published, whatever is being restored just then", async () => {
  const first = await Promise.all(SLOTS.map((n) => endOfRun(runtime, { title: `run ${n}` })));
  expect(first.map(({ status }) => status)).toEqual(SLOTS.map(() => "needs_approval"));
  for (const { slot_id } of first) await runtime.cli("slots", "release", String(slot_id));
  const second = await Promise.all(SLOTS.map((n) => createRun(runtime, { title: `again ${n}` })));
  const isUp = async (runId: string) => (await showRun(runtime, runId)).status === "needs_approval";
  await Promise.all(second.map((runId) => eventually(() => isUp(runId), DEADLINE)));
  for (const slot of SLOTS) await runtime.cli("slots", "release", `preview-${slot}`);
  await Promise.all(SLOTS.map(isIdle));
});

test("an idle backend that is stopped stays stopped until it is started, and comes back with the installation", async () => {
  const run = await endOfRun(runtime, { title: "passes by" });
  const taken = Number(String(run.slot_id).slice(-1));
  const slot = (taken % SLOTS.length) + 1;
  const backendOf = (command: string, ...args: string[]) =>
    backendScript(command, "--slot", `preview-${slot}`, ...args);
  expect((await backendOf("stop")).json).toMatchObject({ ok: true, state: "stopped" });
  // A whole round of the reconciler: a slot that has to be restored meanwhile was.
  await runtime.cli("slots", "release", String(run.slot_id));
  await isIdle(taken);
  expect((await backendOf("status")).json).toMatchObject({ ok: true, state: "stopped" });
  const started = await backendOf("start", "--health-timeout-seconds", "60");
  expect(started.json, started.stdout).toMatchObject({ ok: true, state: "running" });
  expect(await answersIdle(slot)).toBe(true);

  await runScript("scripts/oroboros", ["runtime", "down", "--json", "--root", runtime.root]);
  const up = ["runtime", "up", "--json", "--root", runtime.root, "--port-offset", String(OFFSET)];
  expect((await runScript("scripts/oroboros", up)).json).toMatchObject({ ok: true, resumed: true });
  await Promise.all(SLOTS.map(isIdle));
});
