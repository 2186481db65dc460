import { appendEvent, transitionRun } from "@oroboros/control-store";
import { afterEach, expect, test } from "vitest";
import { aLiveRun, aRun, useApi } from "../testing/use-api.ts";

const api = useApi();
afterEach(() => api.clear());

const ATTACK = `<img src=x onerror=alert(1)>"'&`;
const PAGES = ["/", "/ui/style.css", "/ui/script.js", "/ui/overview"];

test("the shell, its style and its script are for everybody and hold no data", async () => {
  await aRun(api.store, { title: "swordfish" });
  for (const [path, type] of [
    ["/", "text/html"],
    ["/ui/style.css", "text/css"],
    ["/ui/script.js", "text/javascript"],
  ] as const) {
    const answer = await api.call(path, { as: null });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toContain(type);
    expect(answer.text).not.toContain("swordfish");
  }
});

test.each(PAGES)("%s may run nothing but the page's own script, and may not be framed", async (path) => {
  const { headers } = await api.call(path);
  const policy = headers.get("content-security-policy") ?? "";
  expect(policy.split("; ")).toEqual(
    expect.arrayContaining(["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]),
  );
  expect(policy).not.toContain("unsafe");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("referrer-policy")).toBe("no-referrer");
});

test("a refused fragment has the page's headers as well", async () => {
  const { status, headers } = await api.call("/ui/overview", { as: null });
  expect(status).toBe(401);
  expect(headers.get("content-security-policy")).toContain("default-src 'none'");
});

test("the shell has nothing inline that the policy would stop", async () => {
  const { text } = await api.call("/");
  expect(text).not.toMatch(/<style|\sstyle=|\son[a-z]+=|javascript:|<script>/i);
});

test("every value of a run is text, never markup", async () => {
  const context = { route: ATTACK, pageTitle: ATTACK, elementHint: ATTACK, note: ATTACK };
  const { run } = await aLiveRun(api.store, { title: ATTACK, branch: ATTACK, ...context });
  const detail = { step: ATTACK, ms: ATTACK, artifact_uri: ATTACK, message: ATTACK, hint: ATTACK, [ATTACK]: ATTACK };
  for (const eventType of ["step_started", "step_failed"] as const)
    await appendEvent(api.store, { runId: run.runId, eventType, detail });
  const held = await api.call("/ui/overview");
  await transitionRun(api.store, { runId: run.runId, to: "failed", reasonCode: "CHECKS_FAILED", message: ATTACK });
  for (const { text } of [held, await api.call("/ui/overview"), await api.call(`/ui/runs/${run.runId}`)]) {
    expect(text).toContain("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;");
    expect(text).not.toContain("<img");
    expect(text).not.toContain(`"'&`);
  }
});

test("the overview shows each slot and run with links to its preview", async () => {
  const { run } = await aLiveRun(api.store);
  const queued = await aRun(api.store, { title: "next in line" });
  const { text } = await api.call("/ui/overview", { as: "viewer" });
  for (const slot of ["preview-1", "preview-2", "preview-3"]) expect(text).toContain(slot);
  expect(text).toContain(`href="#/runs/${run.runId}"`);
  expect(text).toContain(`href="#/runs/${queued.runId}"`);
  expect(text).toContain('href="http://127.0.0.1:3101"');
  expect(text).toContain("waiting, position 1");
});

test("a run's page says where it was asked for, and which run it tries again", async () => {
  const parent = await aRun(api.store);
  const asked = { route: "/items?open=1", note: "the left one", parentRunId: parent.runId };
  const { text } = await api.call(`/ui/runs/${(await aRun(api.store, asked)).runId}`);
  expect(text).toMatch(/Page<\/dt>\s*<dd>\/items\?open=1<[^]*the left one/);
  expect(text).toContain(`href="#/runs/${parent.runId}"`);
});

test("a run's page shows each step once it started, and why the run failed", async () => {
  const { run } = await aLiveRun(api.store);
  const { runId } = run;
  await appendEvent(api.store, { runId, eventType: "step_started", detail: { step: "checkout" } });
  await appendEvent(api.store, { runId, eventType: "step_finished", detail: { step: "checkout", ms: 1234 } });
  await appendEvent(api.store, { runId, eventType: "step_started", detail: { step: "migration" } });
  expect((await api.call(`/ui/runs/${runId}`)).text).toMatch(/migration<\/td>[^]*?>running</);
  await appendEvent(api.store, {
    runId,
    eventType: "step_failed",
    detail: { step: "migration", ms: 5 },
  });
  await transitionRun(api.store, {
    runId,
    to: "failed",
    reasonCode: "MIGRATION_FAILED",
    message: "0002_more.sql: syntax error\nCorrect it and push.",
  });
  const { text } = await api.call(`/ui/runs/${runId}`, { as: "viewer" });
  expect(text).toMatch(/checkout<\/td>[^]*?>ok<[^]*?1\.2 s[^]*?migration<\/td>[^]*?>failed<[^]*?5 ms/);
  expect(text).toMatch(/MIGRATION_FAILED[^]*0002_more\.sql: syntax error[^]*Correct it and push\./);
});

test("a step that a cancellation cut short is not running any more", async () => {
  const { run } = await aLiveRun(api.store);
  await appendEvent(api.store, { runId: run.runId, eventType: "step_started", detail: { step: "checkout" } });
  await api.call(`/api/runs/${run.runId}/cancel`, { method: "POST" });
  expect((await api.call(`/ui/runs/${run.runId}`)).text).toMatch(/checkout<\/td>[^]*?>stopped</);
});
