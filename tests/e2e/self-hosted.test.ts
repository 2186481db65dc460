import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { endOfRun, startRuntime, type FinishedRun, type Runtime } from "@oroboros/test-runtime";
import { eventually, takePortOffset } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const OFFSET = await takePortOffset();
const BRANCH = "feature/other-words";
const PAGE = "infra/web-self/index.html";
const HANDLERS = "packages/slot-contract/src/backend/slot-handlers.ts";

// This repository, published into a slot by its own manifest: what its index holds, on top of nothing.
let source: string;
let runtime: Runtime;
let run: FinishedRun;

beforeAll(async () => {
  source = mkdtempSync(join(tmpdir(), "oroboros-self-"));
  execFileSync("git", ["checkout-index", "--all", `--prefix=${source}/`], { cwd: REPOSITORY });
  runtime = await startRuntime({ portOffset: OFFSET, main: { directory: source } });
  await runtime.pushBranch(BRANCH, { [PAGE]: changed(PAGE, "This branch's control plane", "In other words") });
  run = await endOfRun(runtime, { title: "the runtime in its own slot", branch: BRANCH });
});

afterAll(async () => {
  await runtime?.stop();
  rmSync(source, { recursive: true, force: true });
});

function changed(file: string, from: string, to: string): string {
  const before = readFileSync(join(source, file), "utf8");
  const after = before.replace(from, to);
  if (after === before) throw new Error(`${file} no longer says ${from}`);
  return after;
}

/** The operator's token of the preview, as the backend's log tells it. */
function tokenOf(slot: string): Promise<string> {
  const log = join(runtime.root, "var/log/oroboros/preview-backend", `${slot}.log`);
  return eventually(() => /#token=(oro_[\w-]+)[^\w-]/.exec(readFileSync(log, "utf8"))?.[1], { deadlineMs: 60_000 });
}

test("the runtime publishes itself: every step passes, its own smoke check included", async () => {
  expect(run.status, String(run.failure_message)).toBe("needs_approval");
  const { body } = await runtime.api(`/api/runs/${run.run_id}/events`);
  const finished = (body as { items: { event_type: string; detail: { step?: string } }[] }).items
    .filter(({ event_type }) => event_type === "step_finished")
    .map(({ detail }) => detail.step);
  expect(finished).toHaveLength(8);
  expect(await run.evidence("preview_slot_smoke_report")).toContain("heartbeat_updated");
});

test("the branch's page is served, and the branch's api answers for the slot at the branch's commit", async () => {
  expect(await (await fetch(String(run.frontend_url))).text()).toContain("In other words");
  const health = await fetch(`${run.frontend_url}/api/health`);
  expect(health.headers.get("x-oroboros-commit")).toBe(run.commit_sha);
  expect(await (await fetch(`${run.frontend_url}/api/slots`)).json()).toMatchObject([{ run_id: run.run_id }]);
});

test("behind the slot's endpoints is a control plane with its tables and its queue in the slot's own database", async () => {
  const url = String(run.backend_url);
  expect(await (await fetch(url)).text()).toContain("Operator's page");
  expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({ postgres: true, dispatcher: true });
  expect((await fetch(`${url}/api/runs`)).status).toBe(401);

  const authorization = `Bearer ${await tokenOf(String(run.slot_id))}`;
  const created = await fetch(`${url}/api/runs`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ title: "a run of the preview's own" }),
  });
  expect(created.status).toBe(201);
  expect(await (await fetch(`${url}/api/runs`, { headers: { authorization } })).json()).toMatchObject({ total: 1 });
  expect((await runtime.api("/api/runs")).body).toMatchObject({ total: 1, items: [{ run_id: run.run_id }] });
  expect(
    (await fetch(`${url}/api/runs`, { headers: { authorization: `Bearer ${runtime.operatorToken}` } })).status,
  ).toBe(401);
});

test("a branch that changes a package of the workspace is published again with that package, not with the one before", async () => {
  await runtime.pushBranch(BRANCH, {
    [PAGE]: changed(PAGE, "This branch's control plane", "In other words"),
    [HANDLERS]: changed(HANDLERS, '"slot-backend"', '"slot-backend-in-other-words"'),
  });
  const again = await runtime.cli("runs", "publish", run.run_id, "--wait", "--wait-seconds", "240");
  expect(again.json, again.stdout).toMatchObject({ ok: true, attempt: 2, status: "succeeded" });
  expect(await (await fetch(`${run.frontend_url}/api/health`)).json()).toMatchObject({
    service: "slot-backend-in-other-words",
  });
  expect(await (await fetch(String(run.frontend_url))).text()).toContain("In other words");
});
