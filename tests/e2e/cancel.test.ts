import {
  commandsOf,
  createRun,
  openMachine,
  showRun,
  startRuntime,
  tinyApp,
  type Machine,
  type Runtime,
  type TestWorker,
  type TinyApp,
} from "@oroboros/test-runtime";
import { eventually, freePort, takePortOffset } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";

const OFFSET = await takePortOffset();
/** Nothing but the cancel would bring it about: no round of the reconciler helps, and nothing ends by itself. How soon is for `bench/`. */
const DEADLINE_MS = 60_000;
const NEVER = "3600";
/** Does not listen to SIGTERM, and has a daemon that left its session. */
const HANG = ["sh", "-c", "trap '' TERM; setsid sleep 86399 & exec sleep 86399"];
const DAEMON = `import { spawn } from "node:child_process";
process.on("SIGTERM", () => undefined);
spawn("sleep", ["86399"], { detached: true, stdio: "ignore" }).unref();
`;
/** Commands that only a branch of this file runs; the other processes of a slot's user belong to an idle slot. */
const OF_THE_RUN = /sleep 86399|server\.mjs/;

let runtime: Runtime;
let machine: Machine;
let worker: TestWorker;

beforeAll(async () => {
  runtime = await startRuntime({ portOffset: OFFSET, main: tinyApp() });
  machine = openMachine(runtime, OFFSET);
  await machine.stopService("worker");
  worker = await machine.startWorker({
    WORKER_HEALTH_PORT: String(await freePort()),
    WORKER_POLL_INTERVAL_SECONDS: NEVER,
  });
});
afterAll(async () => {
  worker?.kill("SIGTERM");
  await worker?.exited;
  await runtime?.stop();
});

const SLOTS = ["preview-1", "preview-2", "preview-3"];
const processesOfRuns = (): string[] =>
  SLOTS.flatMap((slot) => commandsOf(machine.slot(slot).uid))
    .map(({ command }) => command)
    .filter((command) => OF_THE_RUN.test(command));
const sleepingStatements = (): string[] =>
  commandsOf(machine.postgresUid)
    .map(({ command }) => command)
    .filter((command) => /app_preview_\d .* SELECT$/.test(command));

async function stepOf(runId: string): Promise<unknown> {
  const { body } = await runtime.api(`/api/runs/${runId}/events`);
  const { items } = body as { items: { event_type: string; detail: { step?: string } }[] };
  return items.findLast(({ event_type }) => event_type === "step_started")?.detail.step;
}

async function holdsASlot(runId: string): Promise<boolean> {
  const { body } = await runtime.api("/api/slots");
  return (body as { run_id: string | null }[]).some(({ run_id }) => run_id === runId);
}

const server =
  (before: string, change: (source: string) => string = (source) => source) =>
  (app: TinyApp) => {
    app.files["server/server.mjs"] = before + change(app.files["server/server.mjs"] ?? "");
  };
const twoProcesses = (): boolean => {
  const commands = processesOfRuns();
  return commands.length >= 2 && commands.includes("sleep 86399");
};

test.each<[string, string, (app: TinyApp) => void, () => boolean]>([
  ["the frontend's install", "frontend_publish", (app) => (app.manifest.frontend.install = HANG), twoProcesses],
  ["the frontend's build", "frontend_publish", (app) => (app.manifest.frontend.build = HANG), twoProcesses],
  ["the backend's install", "dependency_sync", (app) => (app.manifest.backend.install = HANG), twoProcesses],
  [
    "a migration",
    "migration",
    (app) => (app.files["migrations/0002_slow.sql"] = "select pg_sleep(600);"),
    () => sleepingStatements().length > 0,
  ],
  ["the backend's start", "readiness", (app) => (app.manifest.backend.start = HANG), twoProcesses],
  [
    "the readiness gate",
    "readiness",
    server(DAEMON, (source) => source.replaceAll("SLOT_COMMIT_SHA", "PATH")),
    twoProcesses,
  ],
  [
    "the smoke check",
    "smoke",
    server(DAEMON, (source) => source.replace('if (request.method === "POST") {', "$& return;")),
    twoProcesses,
  ],
])(
  "a run that is canceled in the middle of %s leaves no process, and its slot is free",
  async (name, step, change, isAtWork) => {
    const commit_sha = await runtime.pushBranch(`hang/${step}`, tinyApp(change));
    const runId = await createRun(runtime, { title: name, commit_sha });
    await eventually(async () => (await stepOf(runId)) === step && isAtWork(), { deadlineMs: 120_000 });

    const canceledAt = performance.now();
    const answer = await runtime.api(`/api/runs/${runId}/cancel`, { method: "POST", body: "{}" });
    expect(answer.status).toBe(200);
    await eventually(
      async () => processesOfRuns().length === 0 && sleepingStatements().length === 0 && !(await holdsASlot(runId)),
      { deadlineMs: DEADLINE_MS },
    );
    console.log(`canceled in the middle of ${name}: gone after ${Math.round(performance.now() - canceledAt)} ms`);
    expect(await showRun(runtime, runId)).toMatchObject({ status: "canceled", failure_reason_code: "AGENT_CANCELED" });
  },
);
