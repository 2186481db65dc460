import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  createRun,
  endOfRun,
  openMachine,
  runScript,
  showRun,
  startRuntime,
  tinyApp,
  type Machine,
  type Runtime,
} from "@oroboros/test-runtime";
import {
  defineContract,
  ENDPOINTS,
  etcPath,
  parseEnvFile,
  RUN_STATES,
  type Endpoint,
  type RunState,
} from "@oroboros/slot-contract";
import { eventually, queryRows, reportMatrix, takePortOffset } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { redirectingApp, type Hostility } from "./redirecting-app.ts";

const PORT_OFFSET = await takePortOffset();
/** Where no agent brings a run. */
const BEYOND: readonly RunState[] = RUN_STATES.slice(
  RUN_STATES.indexOf("preview_ready"),
  RUN_STATES.indexOf("merged") + 1,
);

let runtime: Runtime;
/** The same as an agent meets it: what it creates is its own, so that no right but its role is in its way. */
let agent: Runtime;
let machine: Machine;
let live: { run_id: string; commit_sha: string | null; slot_id: string | null };
let sink: Server;
const followed: string[] = [];
const tried: boolean[] = [];

/** Notes whether a promise was kept, for the matrix and for the test. */
function note(what: string, isKept: boolean): void {
  tried.push(isKept);
  expect(isKept, what).toBe(true);
}

beforeAll(async () => {
  runtime = await startRuntime({ portOffset: PORT_OFFSET, main: tinyApp() });
  machine = openMachine(runtime, PORT_OFFSET);
  const { token } = (await runtime.cli("token", "create", "--role", "agent", "--label", "an agent")).json;
  agent = { ...runtime, api: (path, init) => askAs(String(token), path, init) };
  await runtime.pushBranch("honest", { "note.txt": "1" });
  live = await endOfRun(agent, { title: "live", branch: "honest" });
  sink = createServer((request, response) => {
    followed.push(`${request.method} ${request.url}`);
    response.end("{}");
  });
  await new Promise<void>((listening) => sink.listen(0, "127.0.0.1", listening));
});
afterAll(async () => {
  reportMatrix({ matrix: "forgery", cases: tried.length, violations: tried.filter((isKept) => !isKept).length });
  sink?.close();
  await runtime?.stop();
});

const statusOf = async (runId: string): Promise<RunState> => (await showRun(runtime, runId)).status;

test("an agent's token brings no run to preview_ready or beyond, by any endpoint and any body", async () => {
  const changing = Object.values<Endpoint>(ENDPOINTS).filter(
    ({ method, path }) => method !== "GET" && !/cancel|session/.test(path),
  );
  // What a worker does with what it is rightly asked for, such as to publish into a slot that was acquired, is its own doing.
  await machine.stopService("worker");
  const waiting = await createRun(agent, { title: "never published", commit_sha: "0".repeat(40) });
  const stages = await Promise.all((["queued", "planning", "editing", "testing"] as const).map(aRunIn));
  for (const endpoint of changing) {
    for (const runId of [live.run_id, waiting, ...stages]) {
      const before = await statusOf(runId);
      for (const body of bodiesFor(runId)) await asAgent(endpoint, runId, body);
      const after = await statusOf(runId);
      const isForged = BEYOND.includes(after) && after !== before;
      note(`${endpoint.method} ${endpoint.path} took a run from ${before} to ${after}`, !isForged);
    }
  }
  note("the live run waits for a person as before", (await statusOf(live.run_id)) === "needs_approval");
  const { body } = await runtime.api(`/api/runs/${live.run_id}/approvals`);
  note("nobody has decided on it", (body as { items: unknown[] }).items.length === 0);
  for (const runId of [waiting, ...stages]) await runtime.api(`/api/runs/${runId}/cancel`, { method: "POST" });
  await machine.startService("worker");
});

/** A run in one of an agent's own states: written past the api. */
async function aRunIn(status: RunState): Promise<string> {
  const runId = await createRun(agent, { title: status, commit_sha: "0".repeat(40) });
  if (status === "queued") return runId;
  const contract = defineContract({ root: runtime.root, portOffset: PORT_OFFSET });
  const { DATABASE_URL = "" } = parseEnvFile(readFileSync(`${etcPath(contract)}/worker.env`, "utf8"));
  await queryRows(DATABASE_URL, `update runs set status = '${status}' where run_id = '${runId}' and status = 'queued'`);
  return runId;
}

function bodiesFor(runId: string): object[] {
  const commit = live.commit_sha ?? "0".repeat(40);
  return [
    {},
    ...BEYOND.flatMap((status) => [{ to_status: status }, { status }, { title: "x", status }]),
    { reviewer_id: "root", reason: "looks good", commit_sha: commit },
    { commit_sha: commit },
    { run_id: runId },
    { run_id: runId, lease_epoch: "1" },
    { run_id: runId, to_status: "preview_ready", principal: "loopback:uid=0", role: "operator" },
    { hours: 1 },
    { slot_id: "preview-1", run_id: runId, commit_sha: commit },
  ];
}

async function asAgent({ method, path }: Endpoint, runId: string, body: object): Promise<number> {
  // Its own it may give back, and a run goes with its slot.
  const slot = live.slot_id === "preview-3" ? "preview-2" : "preview-3";
  const filled = path.replace("{id}", runId).replace("{slot}", slot).replace("{release_id}", "0".repeat(40));
  return (await agent.api(filled, { method, body: JSON.stringify(body) })).status;
}

async function askAs(token: string, path: string, init: RequestInit = {}): Promise<{ status: number; body: unknown }> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answer = await fetch(runtime.apiUrl + path, { ...init, headers, redirect: "manual" });
  const isJson = answer.headers.get("content-type")?.includes("json") === true;
  return { status: answer.status, body: isJson ? ((await answer.json()) as unknown) : await answer.text() };
}

test("a republish never changes the run's state, whether it ends well or not", async () => {
  await runtime.pushBranch("again", tinyApp());
  const { run_id: runId } = await endOfRun(agent, { title: "again", branch: "again" });
  for (const [files, end] of [
    [{ "note.txt": "changed" }, "succeeded"],
    [{ "web/build.mjs": "process.exit(1);" }, "failed"],
  ] as const) {
    const { length } = (await showRun(runtime, runId)).attempts;
    await runtime.pushBranch("again", files);
    note("it is accepted", (await asAgent(ENDPOINTS.publishRun, runId, {})) === 202);
    const seen = new Set<RunState>();
    const attempt = await eventually(
      async () => {
        const run = await showRun(runtime, runId);
        seen.add(run.status);
        return run.attempts.find((each) => each.attempt > length && !["requested", "running"].includes(each.status));
      },
      { deadlineMs: 90_000 },
    );
    note(`attempt ${attempt.attempt} ended as ${attempt.status}`, attempt.status === end);
    note(`meanwhile the run was ${[...seen].join(", ")}`, [...seen].join() === "needs_approval");
  }
});

test.each<[Hostility, RunState]>([
  ["health", "failed"],
  ["heartbeat", "failed"],
  ["read back", "failed"],
])("a backend that redirects %s gets nothing, and its run is %s", async (when, ends) => {
  await runtime.pushBranch(`hostile-${when.replace(" ", "-")}`, redirectingApp(when, targets()));
  const run = await endOfRun(runtime, { title: when, branch: `hostile-${when.replace(" ", "-")}` });
  note(`a run whose backend redirects ${when} is ${run.status}`, run.status === ends);
  await nothingWasFollowed();
});

test("a live backend that begins to redirect leads neither the sweeps nor root's own commands anywhere", async () => {
  await runtime.pushBranch("turncoat", redirectingApp("once it is told to", targets()));
  const run = await endOfRun(runtime, { title: "turncoat", branch: "turncoat" });
  note(`its run stands at ${run.status}`, run.status === "needs_approval");
  const surface = String(run.frontend_url);
  const told = await fetch(`${surface}/api/turn`, { redirect: "manual" });
  note("the surface hands the redirect on to whoever asked", told.status === 307);
  const health = await runtime.cli("slots", "health-check");
  note("the health check sees an unhealthy slot", health.exitCode !== 0);
  const slot = ["--slot", String(run.slot_id)];
  await runScript("scripts/preview-backend-runtime.sh", ["health", ...slot], { OROBOROS_ROOT: runtime.root });
  await runtime.cli("runs", "publish", run.run_id, "--wait");
  note(`the run is still ${await statusOf(run.run_id)}`, (await statusOf(run.run_id)) === "needs_approval");
  await nothingWasFollowed();
});

/** A server that notes whoever comes, and the approval of the run that waits for one. */
const targets = (): string[] => [
  `http://127.0.0.1:${(sink.address() as AddressInfo).port}/followed`,
  `${runtime.apiUrl}/api/runs/${live.run_id}/approve`,
];

async function nothingWasFollowed(): Promise<void> {
  note(`nobody followed a redirect: ${followed.join()}`, followed.length === 0);
  note("the run it led to is not approved", (await statusOf(live.run_id)) === "needs_approval");
}
