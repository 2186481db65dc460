import { findLease, findRun, listEvents, transitionRun } from "@oroboros/control-store";
import { openRunQueue, queueTransport, startRunWorker, type RunWorker } from "@oroboros/run-queue";
import {
  runDetailSchema,
  runListSchema,
  runViewSchema,
  type EndedRun,
  type RunId,
  type RunView,
} from "@oroboros/slot-contract";
import { eventually, freePort } from "@oroboros/test-support";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { aLiveRun, aRun, useApi } from "../testing/use-api.ts";

const api = useApi();
const woken: string[] = [];
let worker: RunWorker;
beforeAll(() => {
  worker = startRunWorker(queueTransport({ DATABASE_URL: api.database.url }), {
    concurrency: 1,
    onError: () => undefined,
    process: async ({ run_id }) => void woken.push(run_id),
  });
});
afterAll(() => worker.close());
afterEach(() => api.clear());

test("a created run is queued, stored and handed to a worker", async () => {
  const request = { title: " Blue button ", prompt: "make it blue", branch: "feature/blue", created_by: "ada" };
  const answer = await api.call("/api/runs", { as: "agent", body: request });
  expect(answer.status).toBe(201);
  const run = runViewSchema.parse(answer.body);
  expect(run).toMatchObject({ ...request, title: "Blue button", status: "queued", slot_id: null, frontend_url: null });
  // A slot is free for it: it waits for a worker only.
  expect(run).toMatchObject({ queue_reason: null, queue_position: 1 });
  expect(await findRun(api.store, run.run_id)).toMatchObject({ title: "Blue button", status: "queued" });
  await workerHearsOf(run.run_id);
});

test("a request that is sent again with its key is answered with the run that it made", async () => {
  const create = (body: object, key: string, as = "agent") =>
    api.call("/api/runs", { as, body, headers: { "idempotency-key": key } });
  const body = { title: "once", branch: "feature" };
  const first = await create(body, "a-key");
  expect([first.status, first.headers.get("idempotency-replayed")]).toEqual([201, null]);
  const { run_id: runId } = runViewSchema.parse(first.body);
  await api.call(`/api/runs/${runId}/cancel`, { method: "POST" });
  const again = await create({ branch: "feature", prompt: "", title: "once" }, "a-key");
  expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([200, "true"]);
  expect(runViewSchema.parse(again.body)).toMatchObject({ run_id: runId, status: "canceled" });
  expect(await create({ ...body, title: "another" }, "a-key")).toMatchObject({
    status: 422,
    body: { code: "idempotency_key_reused", detail: expect.stringContaining(runId) },
  });
  for (const answer of [await create(body, "another-key"), await create(body, "a-key", "operator")]) {
    expect(answer.status).toBe(201);
    expect((answer.body as RunView).run_id).not.toBe(runId);
  }
});

test("a key is taken by no request that is refused, and one that is no key is refused", async () => {
  const create = (body: object, key: string, as = "agent") =>
    api.call("/api/runs", { as, body, headers: { "idempotency-key": key } });
  expect((await create({ title: "" }, "refused")).status).toBe(400);
  expect((await create({ title: "t" }, "refused", "viewer")).status).toBe(403);
  expect((await create({ title: "t" }, "refused")).status).toBe(201);
  for (const key of ["", "two, keys", "x".repeat(201), "ä"]) {
    expect(await create({ title: "t" }, key)).toMatchObject({ status: 400, body: { code: "invalid_request" } });
  }
});

test("a run of a commit alone, and one of nothing but a title", async () => {
  const commit_sha = "a".repeat(40);
  expect((await api.call("/api/runs", { body: { title: "pinned", commit_sha } })).body).toMatchObject({
    commit_sha,
    branch: null,
  });
  expect((await api.call("/api/runs", { body: { title: "main" } })).body).toMatchObject({
    branch: "main",
    commit_sha: null,
    prompt: "",
  });
});

test("a queue that can not be reached loses no run", async () => {
  const url = `redis://127.0.0.1:${await freePort()}`;
  const queue = openRunQueue({ kind: "redis", url }, { onError: () => undefined });
  const answer = await api.call("/api/runs", { api: api.with({ queue }), body: { title: "kept" } });
  expect(answer.status).toBe(201);
  expect(await findRun(api.store, (answer.body as RunView).run_id)).toMatchObject({ status: "queued" });
  const message: unknown = expect.stringContaining("could not be woken");
  expect(api.logged).toContainEqual(expect.objectContaining({ level: "warn", message }));
  await queue.close();
});

const title = "a title";
test.each([
  ["no JSON", "{", "JSON"],
  ["no body", "", "title"],
  ["a list", [], "the body"],
  ["null", "null", "the body"],
  ["no title", {}, "title"],
  ["a blank title", { title: "  " }, "title"],
  ["a title of the wrong type", { title: 7 }, "title"],
  ["a title that is too long", { title: "x".repeat(201) }, "title"],
  ["a title PostgreSQL can not store", { title: "a\0b" }, "title"],
  ["a prompt PostgreSQL can not store", { title, prompt: "a\0b" }, "prompt"],
  ["a prompt that is too long", { title, prompt: "x".repeat(20_001) }, "prompt"],
  ["an unknown field", { title, slot_id: "preview-1" }, "slot_id"],
  ["a state of its own", { title, status: "approved" }, "status"],
  ["a short commit", { title, commit_sha: "abc123" }, "commit_sha"],
  ["an upper-case commit", { title, commit_sha: "A".repeat(40) }, "commit_sha"],
  ...[
    "-x",
    "--upload-pack=x",
    "a..b",
    "a;b",
    "a b",
    "$(id)",
    "a\nb",
    "/a",
    "a/",
    "a//b",
    "a.lock",
    "HEAD^",
    "a:b",
    "a@{1}",
    "",
  ].map((branch): [string, unknown, string] => [`the branch ${JSON.stringify(branch)}`, { title, branch }, "branch"]),
])("%s is refused and named, and creates nothing", async (_case, body, named) => {
  const before = await total();
  const answer = await api.call("/api/runs", { method: "POST", body });
  expect(answer).toMatchObject({
    status: 400,
    body: { code: "invalid_request", detail: expect.stringContaining(named) },
  });
  expect(await total()).toBe(before);
});

test.each([1_048_577, 10 * 1_048_576])("a body of %i bytes is refused, announced or not", async (bytes) => {
  const body = JSON.stringify({ title, prompt: "x".repeat(bytes) });
  const refused = { status: 413, body: { code: "body_too_large", detail: expect.stringContaining("larger") } };
  expect(await api.call("/api/runs", { body })).toMatchObject(refused);
  expect(await api.call("/api/runs", { body, headers: { "content-length": String(body.length) } })).toMatchObject(
    refused,
  );
});

test("runs are listed newest first, a page at a time, by state", async () => {
  const runs = [await aRun(api.store), await aRun(api.store), await aRun(api.store)];
  const ids = runs.map(({ runId }) => runId).reverse();
  await transitionRun(api.store, { runId: runs[1]!.runId, to: "failed", reasonCode: "CHECKS_FAILED", message: "no" });
  const list = async (query: string) => {
    const { items, ...page } = runListSchema.parse((await api.call(`/api/runs${query}`, { as: "viewer" })).body);
    return { ...page, ids: items.map(({ run_id }) => run_id) };
  };
  expect(await list("?limit=3")).toMatchObject({ ids, limit: 3, offset: 0 });
  expect(await list("?limit=1&offset=1")).toMatchObject({ ids: [ids[1]], limit: 1, offset: 1 });
  expect(await list("?offset=100000")).toMatchObject({ ids: [] });
  expect(await list("?status=failed")).toMatchObject({ ids: [ids[1]], total: 1 });
  expect((await list("?status=failed&status=queued&limit=3")).ids).toEqual(ids);
  expect((await list("?status=merged")).total).toBe(0);
});

test.each([
  "limit=0",
  "limit=201",
  "limit=x",
  "limit=",
  "offset=-1",
  "offset=1.5",
  "status=odd",
  "status=",
  "limit=1&limit=2",
])("a list with %s is refused", async (query) => {
  expect(await api.call(`/api/runs?${query}`)).toMatchObject({ status: 400, body: { code: "invalid_request" } });
});

test("a run's detail says where its preview is", async () => {
  const { run, lease } = await aLiveRun(api.store);
  const detail = runDetailSchema.parse((await api.call(`/api/runs/${run.runId}`, { as: "viewer" })).body);
  expect(lease.slotId).toBe("preview-1");
  expect(detail).toMatchObject({
    status: "planning",
    slot_id: "preview-1",
    frontend_url: "http://127.0.0.1:3101",
    backend_url: "http://127.0.0.1:8101",
    queue_position: null,
    artifacts: [],
  });
});

test.each(["00000000-0000-4000-8000-000000000000", "1", "a%2F..%2Fb", "%27%20or%201=1", "x".repeat(90), "%ff"])(
  "there is no run %s, to read or to cancel",
  async (id) => {
    for (const path of [`/api/runs/${id}`, `/api/runs/${id}/events`, `/api/runs/${id}/artifacts`, `/ui/runs/${id}`]) {
      expect(await api.call(path)).toMatchObject({ status: 404, body: { code: "run_not_found" } });
    }
    expect(await api.call(`/api/runs/${id}/cancel`, { method: "POST" })).toMatchObject({
      body: { code: "run_not_found" },
    });
  },
);

test("a queued run is canceled", async () => {
  const { runId } = await api.byAgent((tx) => aRun(tx));
  const { status, body } = await api.call(`/api/runs/${runId}/cancel`, { as: "agent", method: "POST" });
  expect(status).toBe(200);
  expect(body).toMatchObject({ run_id: runId, status: "canceled", failure_reason_code: "AGENT_CANCELED" });
});

test("a cancel that asks for something it does not know changes nothing", async () => {
  const { runId } = await aRun(api.store);
  const answer = await api.call(`/api/runs/${runId}/cancel`, { method: "POST", body: { reason: "x" } });
  expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request" } });
  expect(await findRun(api.store, runId)).toMatchObject({ status: "queued" });
});

test("a live run is canceled, its slot is free, and the next run is woken", async () => {
  const { run, lease } = await aLiveRun(api.store);
  const next = await aRun(api.store);
  const { body } = await api.call(`/api/runs/${run.runId}/cancel`, { method: "POST" });
  expect(body).toMatchObject({ status: "canceled", slot_id: null });
  expect(await findLease(api.store, lease.slotId)).toMatchObject({ leaseState: "quarantined", runId: null });
  expect((await eventTypes(run.runId)).slice(-2)).toEqual(["run_transitioned", "lease_released"]);
  await workerHearsOf(next.runId);
});

test("a run that has ended can not be canceled, and stays as it ended", async () => {
  const { runId } = await aRun(api.store);
  await transitionRun(api.store, { runId, to: "failed", reasonCode: "CHECKS_FAILED", message: "red" });
  const answer = await api.call(`/api/runs/${runId}/cancel`, { method: "POST" });
  expect(answer).toMatchObject({ status: 403, body: { code: "invalid_transition" } });
  expect(await findRun(api.store, runId)).toMatchObject({ status: "failed", failureReasonCode: "CHECKS_FAILED" });
});

test("of many cancellations at once one does it, and the others hear that it is done", async () => {
  const { run } = await aLiveRun(api.store);
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => api.call(`/api/runs/${run.runId}/cancel`, { method: "POST" })),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
  const ended = answers.map(({ body }) => body as EndedRun);
  expect(ended.filter(({ already }) => !already)).toHaveLength(1);
  expect(new Set(ended.map((run) => JSON.stringify({ ...run, already: true }))).size).toBe(1);
  expect((await eventTypes(run.runId)).filter((type) => type === "run_transitioned")).toHaveLength(2);
});

async function eventTypes(runId: RunId): Promise<string[]> {
  const events = await listEvents(api.store, { runId, sinceId: "0", limit: 100 });
  return events.map(({ eventType }) => eventType);
}

async function total(): Promise<number> {
  return ((await api.call("/api/runs")).body as { total: number }).total;
}

const workerHearsOf = (runId: string): Promise<boolean> =>
  eventually(() => woken.includes(runId), { deadlineMs: 60_000 });
