import { findLease, listAudit, listEvents, transitionRun } from "@oroboros/control-store";
import {
  RUN_STATES,
  runDetailSchema,
  runPreviewSchema,
  runViewSchema,
  type RunId,
  type RunView,
} from "@oroboros/slot-contract";
import { afterEach, expect, test } from "vitest";
import { aReviewedRun, LIVE, statusOf } from "../testing/reviewed-run.ts";
import { aLiveRun, aRun, useApi, type Answer, type Call } from "../testing/use-api.ts";

const api = useApi();
afterEach(() => api.clear());

const act = (runId: RunId, action: string, body: object = {}, as: Call["as"] = "operator"): Promise<Answer> =>
  api.call(`/api/runs/${runId}/${action}`, { method: "POST", body, as });

async function eventTypes(runId: RunId): Promise<string[]> {
  const events = await listEvents(api.store, { runId, sinceId: "0", limit: 100 });
  return events.map(({ eventType }) => eventType);
}

test("where a run was asked for is kept and shown, with who was authenticated", async () => {
  const context = {
    route: "/items?open=1",
    page_title: "Items",
    element_hint: "button#save",
    note: "the left one",
    metadata: { viewport: [1280, 720], nested: { ok: true } },
  };
  const { status, body } = await api.call("/api/runs", {
    as: "agent",
    body: { title: "t", created_by: "root", ...context },
  });
  expect(status).toBe(201);
  const run = runViewSchema.parse(body);
  expect(run).toMatchObject({ ...context, created_by: "root", parent_run_id: null });
  expect(run.principal).toMatch(/^token:\d+:a agent$/);
  const found = await api.call(`/api/runs?${new URLSearchParams({ route: context.route })}`, { as: "viewer" });
  expect(found.body).toMatchObject({ total: 1, items: [{ run_id: run.run_id }] });
  expect((await api.call("/api/runs?route=/items")).body).toMatchObject({ total: 0 });
});

test.each([
  ["metadata", { big: "x".repeat(16_384) }],
  ["metadata", ["no object"]],
  ["route", "x".repeat(2_001)],
  ["page_title", "x".repeat(501)],
  ["element_hint", 7],
  ["note", " "],
])("a run with the %s %j is refused", async (field, value) => {
  const answer = await api.call("/api/runs", { body: { title: "t", [field]: value } });
  expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining(field) } });
});

test("a run shows the lease it holds, and none when it holds none", async () => {
  const { run, lease } = await aLiveRun(api.store);
  const detail = async () => runDetailSchema.parse((await api.call(`/api/runs/${run.runId}`)).body);
  expect((await detail()).lease).toMatchObject({
    lease_epoch: lease.leaseEpoch,
    expires_at: lease.expiresAt.toISOString(),
  });
  await act(run.runId, "cancel");
  expect((await detail()).lease).toBeNull();
});

test("a list or run that has not changed is not sent again", async () => {
  const { runId } = await aRun(api.store);
  for (const path of ["/api/runs", `/api/runs/${runId}`]) {
    const first = await api.call(path);
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^W\/"/);
    const again = await api.call(path, { headers: { "if-none-match": etag } });
    expect(again).toMatchObject({ status: 304, text: "" });
    expect((await api.call(path, { headers: { "if-none-match": etag }, as: null })).status).toBe(401);
  }
  const before = (await api.call("/api/runs")).headers.get("etag") ?? "";
  await act(runId, "cancel");
  expect((await api.call("/api/runs", { headers: { "if-none-match": before } })).status).toBe(200);
});

test("an agent moves its run on, up to testing", async () => {
  const { run } = await api.byAgent((tx) => aLiveRun(tx));
  for (const to_status of ["editing", "testing"]) {
    expect(await act(run.runId, "transition", { to_status }, "agent")).toMatchObject({
      status: 200,
      body: { status: to_status },
    });
  }
});

test("a run moves on only while it holds a slot, so that somebody goes on with it", async () => {
  const { runId } = await api.byAgent((tx) => aRun(tx));
  const { run, lease } = await api.byAgent((tx) => aLiveRun(tx));
  const expiresAt = new Date(Date.now() - 1_000);
  await api.store
    .updateTable("slot_leases")
    .set({ expires_at: expiresAt })
    .where("slot_id", "=", lease.slotId)
    .execute();
  for (const id of [runId, run.runId]) {
    for (const as of ["agent", "operator"] as const) {
      expect(await act(id, "transition", { to_status: "testing" }, as)).toMatchObject({
        status: 403,
        body: { code: "invalid_transition", hint: expect.stringContaining("POST /api/slots/acquire") },
      });
    }
  }
  expect([await statusOf(api.store, runId), await statusOf(api.store, run.runId)]).toEqual(["queued", "planning"]);
  expect(await eventTypes(runId)).toEqual(["run_created"]);
});

const LATE = RUN_STATES.slice(RUN_STATES.indexOf("preview_ready"), RUN_STATES.indexOf("failed"));
test.each([...LATE, "expired"] as const)("no token takes a run to %s", async (to_status) => {
  const { run } = await api.byAgent((tx) => aLiveRun(tx));
  for (const as of ["agent", "operator"] as const) {
    expect(await act(run.runId, "transition", { to_status }, as)).toMatchObject({
      status: 403,
      body: { code: "invalid_transition", detail: expect.stringContaining("nobody but the system") },
    });
  }
  expect(await statusOf(api.store, run.runId)).toBe("planning");
  expect(await eventTypes(run.runId)).toEqual(["run_created", "lease_acquired", "run_transitioned"]);
});

test("what is under review is ended by cancel or reject, not by a transition", async () => {
  const { runId } = await aReviewedRun(api.store);
  for (const body of [{ to_status: "failed", failure_reason_code: "CHECKS_FAILED" }, { to_status: "canceled" }]) {
    expect(await act(runId, "transition", body)).toMatchObject({ status: 403, body: { code: "invalid_transition" } });
  }
  expect(await statusOf(api.store, runId)).toBe("needs_approval");
});

test.each([
  [{ to_status: "failed" }, "failure_reason_code"],
  [{ to_status: "failed", failure_reason_code: "AGENT_CANCELED" }, "failure_reason_code"],
  [{ to_status: "testing", failure_reason_code: "CHECKS_FAILED" }, "failure_reason_code"],
  [{ to_status: "done" }, "to_status"],
  [{ to_status: "testing", slot_id: "preview-1" }, "slot_id"],
])("the transition %j is refused by its form", async (body, named) => {
  const { runId } = await aRun(api.store);
  expect(await act(runId, "transition", body)).toMatchObject({
    status: 400,
    body: { code: "invalid_request", detail: expect.stringContaining(named) },
  });
  expect(await statusOf(api.store, runId)).toBe("queued");
});

test.each([
  [{ to_status: "failed", failure_reason_code: "CHECKS_FAILED" }, "CHECKS_FAILED"],
  [{ to_status: "canceled" }, "AGENT_CANCELED"],
])("an agent ends its run with %j, and the slot is taken away", async (body, code) => {
  const { run, lease } = await api.byAgent((tx) => aLiveRun(tx));
  expect(await act(run.runId, "transition", body, "agent")).toMatchObject({
    status: 200,
    body: { status: body.to_status, failure_reason_code: code, slot_id: null },
  });
  expect(await findLease(api.store, lease.slotId)).toMatchObject({ runId: null, leaseState: "quarantined" });
});

test("what a token did stands in the audit under its name", async () => {
  const { run } = await api.byAgent((tx) => aLiveRun(tx));
  await act(run.runId, "transition", { to_status: "testing" }, "agent");
  const rows = await listAudit(api.store, { limit: 10, runId: run.runId });
  expect(rows.at(-1)).toMatchObject({ action: "run_transitioned" });
  expect(rows.at(-1)?.principal).toMatch(/^token:\d+:a agent$/);
});

test("an agent ends no run that it did not create, in any way; an operator does", async () => {
  const { run } = await aLiveRun(api.store);
  const failed = { to_status: "failed", failure_reason_code: "CHECKS_FAILED" };
  for (const [action, body] of [
    ["cancel", {}],
    ["transition", { to_status: "canceled" }],
    ["transition", failed],
  ] as const)
    expect(await act(run.runId, action, body, "agent")).toMatchObject({ status: 403, body: { code: "role_required" } });
  expect(await statusOf(api.store, run.runId)).toBe("planning");
  expect((await act(run.runId, "cancel")).status).toBe(200);
  expect(await act(run.runId, "cancel", {}, "agent")).toMatchObject({ status: 403, body: { code: "role_required" } });
  expect((await act(UNKNOWN, "cancel", {}, "agent")).status).toBe(404);
});

test("an agent moves on, publishes and tries again no run that it did not create; an operator does", async () => {
  const { run } = await aLiveRun(api.store);
  const failed = await aRun(api.store);
  await transitionRun(api.store, { runId: failed.runId, to: "failed", reasonCode: "AGENT_TIMEOUT" });
  for (const [runId, action, body, status] of [
    [run.runId, "transition", { to_status: "testing" }, 200],
    [run.runId, "publish", {}, 202],
    [failed.runId, "retry", {}, 201],
    [failed.runId, "resume", {}, 200],
  ] as const) {
    const before = await eventTypes(runId);
    expect(await act(runId, action, body, "agent")).toMatchObject({ status: 403, body: { code: "role_required" } });
    expect(await eventTypes(runId)).toEqual(before);
    expect([action, (await act(runId, action, body)).status]).toEqual([action, status]);
  }
});

test("a run that was canceled hears so again, without another event", async () => {
  const { run } = await api.byAgent((tx) => aLiveRun(tx));
  const first = await act(run.runId, "cancel", {}, "agent");
  expect(first).toMatchObject({ status: 200, body: { already: false } });
  const before = await eventTypes(run.runId);
  const again = await act(run.runId, "cancel", {}, "agent");
  expect(again).toMatchObject({ status: 200, body: { ...(first.body as object), already: true } });
  expect(await eventTypes(run.runId)).toEqual(before);
});

test("an operator expires a preview, once, with a reason", async () => {
  const { runId, slotId } = await aReviewedRun(api.store);
  const answer = await act(runId, "expire", { reason: "nobody came" });
  expect(answer).toMatchObject({
    status: 200,
    body: {
      status: "expired",
      failure_reason_code: "PREVIEW_EXPIRED",
      failure_message: "nobody came",
      slot_id: null,
      already: false,
    },
  });
  expect(await findLease(api.store, slotId)).toMatchObject({ leaseState: "quarantined" });
  const before = await eventTypes(runId);
  const again = await act(runId, "expire", { reason: "another reason" });
  expect(again.body).toEqual({ ...(answer.body as object), already: true });
  expect(await eventTypes(runId)).toEqual(before);
  expect((await act(runId, "expire", {}, "agent")).status).toBe(403);
});

test("an operator keeps a preview longer, and is told until when", async () => {
  const { runId } = await aReviewedRun(api.store);
  const before = runPreviewSchema.parse((await api.call(`/api/runs/${runId}/preview`)).body);
  const { status, body } = await act(runId, "extend", { hours: 24 });
  expect(status).toBe(200);
  const after = runPreviewSchema.parse(body);
  expect(Date.parse(after.expires_at!) - Date.parse(before.expires_at!)).toBe(24 * 3_600_000);
  expect((await eventTypes(runId)).at(-1)).toBe("lease_extended");
  for (const hours of [0, 721, 1.5, "1"]) expect((await act(runId, "extend", { hours })).status).toBe(400);
  expect((await act(runId, "extend", { hours: 1 }, "agent")).status).toBe(403);
});

test("a run that is not under review is not extended", async () => {
  const { run } = await aLiveRun(api.store);
  expect(await act(run.runId, "extend", { hours: 1 })).toMatchObject({
    status: 403,
    body: { code: "invalid_transition" },
  });
});

test("a failed run is tried again once, and asked again the same child answers", async () => {
  const { runId } = await api.byAgent((tx) => aRun(tx, { route: "/items", note: "n" }));
  await transitionRun(api.store, { runId, to: "failed", reasonCode: "CHECKS_FAILED" });
  const first = await act(runId, "retry", {}, "agent");
  expect(first).toMatchObject({ status: 201, body: { parent_run_id: runId, status: "queued", route: "/items" } });
  const again = await act(runId, "retry", {}, "agent");
  expect(again).toMatchObject({ status: 200, body: { run_id: (first.body as RunView).run_id } });
  expect((await act(runId, "resume", {}, "agent")).status).toBe(403);
});

test("an expired run is resumed at its commit", async () => {
  const { runId } = await api.byAgent((tx) => aReviewedRun(tx));
  await act(runId, "expire");
  expect(await act(runId, "resume", {}, "agent")).toMatchObject({
    status: 201,
    body: { parent_run_id: runId, commit_sha: LIVE },
  });
});

const UNKNOWN = "00000000-0000-4000-8000-000000000000" as RunId;
test.each([
  ["transition", { to_status: "testing" }],
  ["cancel", {}],
  ["expire", {}],
  ["extend", { hours: 1 }],
  ["retry", {}],
  ["resume", {}],
  ["approve", {}],
  ["reject", { reason: "no" }],
])("there is no run to %s", async (action, body) => {
  expect(await act(UNKNOWN, action, body)).toMatchObject({ status: 404, body: { code: "run_not_found" } });
  expect((await act(UNKNOWN, action, body, "viewer")).status).toBe(403);
  expect(await api.call(`/api/runs/%27or%201=1/${action}`, { method: "POST", body })).toMatchObject({
    status: 404,
    body: { code: "run_not_found" },
  });
});
