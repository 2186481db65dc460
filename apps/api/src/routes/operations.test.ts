import { mkdir, symlink, writeFile } from "node:fs/promises";
import {
  beginAttempt,
  beginSnapshot,
  bindWorktree,
  completeSnapshot,
  dropSnapshot,
  findLease,
  listAttempts,
  listAudit,
  recordReset,
} from "@oroboros/control-store";
import {
  backendPort,
  currentPath,
  databaseResetListSchema,
  databaseSnapshotListSchema,
  enqueuedSchema,
  frontendPort,
  healthReportSchema,
  releaseListSchema,
  releasesPath,
  slotIds,
  workerPort,
  worktreeListSchema,
} from "@oroboros/slot-contract";
import { afterEach, expect, test } from "vitest";
import { aReviewedRun, commit, LIVE, statusOf } from "../testing/reviewed-run.ts";
import { aLiveRun, aRun, useApi } from "../testing/use-api.ts";

const api = useApi();
afterEach(() => api.clear());

const post = (path: string, body: object = {}, as: "operator" | "agent" = "operator") =>
  api.call(path, { method: "POST", body, as });

test("every slot's worktree is listed, with the commit it holds", async () => {
  const { run, lease } = await aLiveRun(api.store);
  await bindWorktree(api.store, { ...lease, runId: run.runId, commitSha: LIVE, path: "/srv/w/1" });
  const { items } = worktreeListSchema.parse((await api.call("/api/worktrees", { as: "viewer" })).body);
  expect(items.map(({ slot_id }) => slot_id)).toEqual(slotIds(api.contract));
  expect(items[0]).toMatchObject({ run_id: run.runId, commit_sha: LIVE, path: "/srv/w/1" });
  expect(items[1]).toMatchObject({ run_id: null, commit_sha: null, created_at: null });
});

test("a run is published once more into the slot that it holds", async () => {
  const { runId, slotId } = await aReviewedRun(api.store);
  const { body } = await post("/api/worktrees/assign", { slot_id: slotId, run_id: runId });
  expect(enqueuedSchema.parse(body)).toEqual({
    accepted: true,
    operation: "assign_worktree",
    job_id: `${runId}/2`,
    reason: null,
  });
  expect((await listAttempts(api.store, runId)).at(-1)).toMatchObject({ status: "requested", commitSha: LIVE });
});

test("a publish of another commit is not put aside, whether it waits or is at work", async () => {
  const { runId, slotId } = await aReviewedRun(api.store);
  const assign = () => post("/api/worktrees/assign", { slot_id: slotId, run_id: runId });
  const refusedFor = (commitSha: string, status: string) => ({
    status: 200,
    body: {
      accepted: false,
      operation: "assign_worktree",
      job_id: null,
      reason: `publish 2 of run ${runId}, of ${commitSha}, is ${status}`,
    },
  });
  await post(`/api/runs/${runId}/publish`, {});
  expect(await assign()).toMatchObject(refusedFor("its branch's head", "requested"));
  await post(`/api/runs/${runId}/publish`, { commit_sha: commit("2") });
  expect(await assign()).toMatchObject(refusedFor(commit("2"), "requested"));
  await beginAttempt(api.store, runId);
  expect(await assign()).toMatchObject(refusedFor(commit("2"), "running"));
  const [, second, ...more] = await listAttempts(api.store, runId);
  expect([second, more]).toMatchObject([{ attempt: 2, commitSha: commit("2") }, []]);
});

test("assigning once more while the same commit waits is accepted as the same publish", async () => {
  const { runId, slotId } = await aReviewedRun(api.store);
  const assign = () => post("/api/worktrees/assign", { slot_id: slotId, run_id: runId });
  const first = await assign();
  expect((await assign()).body).toEqual(first.body);
  expect(first.body).toMatchObject({ accepted: true, job_id: `${runId}/2` });
});

test("a slot that the run does not hold is not assigned, and the answer says who holds it", async () => {
  const { runId, slotId } = await aReviewedRun(api.store);
  const other = await aRun(api.store);
  for (const [slot, run, reason] of [
    ["preview-3", runId, "no run holds preview-3"],
    [slotId, other.runId, runId],
  ]) {
    const answer = await post("/api/worktrees/assign", { slot_id: slot, run_id: run });
    expect(answer).toMatchObject({
      status: 200,
      body: { accepted: false, job_id: null, reason: expect.stringContaining(reason!) },
    });
  }
  expect(await listAttempts(api.store, runId)).toHaveLength(1);
  expect((await post("/api/worktrees/assign", { slot_id: slotId, run_id: runId }, "agent")).status).toBe(403);
  expect((await post("/api/worktrees/assign", { slot_id: "preview-99", run_id: runId })).body).toMatchObject({
    code: "invalid_slot",
  });
});

test("a free slot is emptied before anybody is given it, and the audit says who asked", async () => {
  const { body } = await post("/api/worktrees/preview-2/cleanup");
  expect(enqueuedSchema.parse(body)).toMatchObject({ accepted: true, operation: "cleanup_worktree" });
  expect(await findLease(api.store, "preview-2" as never)).toMatchObject({ leaseState: "quarantined" });
  const last = (await listAudit(api.store, { limit: 5 })).find(({ action }) => action === "slot_cleanup_requested");
  expect(last).toMatchObject({ slotId: "preview-2", principal: expect.stringMatching(/^token:\d+:a operator$/) });
  await api.store.updateTable("slot_leases").set({ quarantined_at: null }).execute();
});

test("a slot that a run holds is not emptied", async () => {
  const { runId, slotId } = await aReviewedRun(api.store);
  expect(await post(`/api/worktrees/${slotId}/cleanup`)).toMatchObject({
    status: 200,
    body: { accepted: false, job_id: null, reason: expect.stringContaining(runId) },
  });
  expect(await statusOf(api.store, runId)).toBe("needs_approval");
  expect(await findLease(api.store, slotId)).toMatchObject({ leaseState: "held", runId });
  expect((await post(`/api/worktrees/${slotId}/cleanup`, {}, "agent")).status).toBe(403);
});

test("resets are listed newest first, a page at a time", async () => {
  const { run, lease } = await aLiveRun(api.store);
  const reset = {
    ...lease,
    runId: run.runId,
    dbName: "app_preview_1",
    strategy: "seed",
    snapshotVersion: null,
  } as const;
  for (const seedVersion of ["v1", "v2", "v3"])
    await recordReset(api.store, { ...reset, seedVersion, resetStatus: "succeeded", details: { warm: true } });
  const page = databaseResetListSchema.parse((await api.call("/api/databases/resets?limit=2&offset=1")).body);
  expect(page).toMatchObject({
    total: 3,
    limit: 2,
    offset: 1,
    items: [{ seed_version: "v2" }, { seed_version: "v1" }],
  });
  for (const query of ["limit=0", "limit=201", "offset=-1", "slot=preview-99", "slot=app_preview_1"])
    expect((await api.call(`/api/databases/resets?${query}`)).status, query).toBe(400);
});

test("snapshots that databases can start from are listed, and neither unfinished nor dropped ones", async () => {
  const from = { sourceKind: "slot", source: "preview-1", maskedBy: null, createdBy: "host:uid=0" } as const;
  const content = { contentFingerprint: "c".repeat(64), sizeBytes: 8_000_000, migrations: ["0001_items.sql"] };
  const ids = [];
  for (const version of ["gone", "demo", "unfinished"])
    ids.push(String((await beginSnapshot(api.store, { ...from, version }))?.snapshotId));
  for (const id of ids.slice(0, 2)) await completeSnapshot(api.store, id, content);
  await dropSnapshot(api.store, String(ids[0]));
  const list = databaseSnapshotListSchema.parse((await api.call("/api/databases/snapshots", { as: "viewer" })).body);
  expect(list.items).toMatchObject([
    { snapshot_version: "demo", source: "preview-1", masked: false, size_bytes: 8_000_000, created_by: "host:uid=0" },
  ]);
});

test("resets of one slot are listed without the others', by its alias too", async () => {
  const { run, lease } = await aLiveRun(api.store);
  const reset = {
    ...lease,
    runId: run.runId,
    dbName: "app_preview_1",
    strategy: "snapshot",
    seedVersion: null,
    snapshotVersion: "s1",
    resetStatus: "failed",
    details: { code: "stale_lease" },
  } as const;
  for (const slotId of slotIds(api.contract)) await recordReset(api.store, { ...reset, slotId });
  for (const slot of ["preview-2", "preview2"]) {
    const page = databaseResetListSchema.parse((await api.call(`/api/databases/resets?slot=${slot}`)).body);
    expect(page).toMatchObject({ total: 1, items: [{ slot_id: "preview-2", strategy: "snapshot" }] });
  }
});

test("the host's health is what every service answers now, and a redirect is an illness", async () => {
  const asked: { url: string; redirect: unknown }[] = [];
  const answers: Record<number, () => Response> = {
    [workerPort(api.contract)]: () => new Response(null, { status: 503 }),
    [backendPort(api.contract, slotIds(api.contract)[0]!)]: () =>
      new Response(null, { status: 307, headers: { location: "http://127.0.0.1:8000/api/runs/x/approve" } }),
  };
  const fetch = (async (url: string, init: RequestInit) => {
    asked.push({ url, redirect: init.redirect });
    if (new URL(url).port === String(frontendPort(api.contract, slotIds(api.contract)[1]!))) throw new Error("down");
    return answers[Number(new URL(url).port)]?.() ?? Response.json({ status: "ok" });
  }) as typeof globalThis.fetch;
  const report = healthReportSchema.parse((await api.call("/api/host", { api: api.with({ fetch }) })).body);
  expect(report).toMatchObject({ ok: false, scope: "all", release_id: null });
  expect(report.services).toHaveLength(2 + 2 * slotIds(api.contract).length);
  const sick = report.services.filter(({ status }) => status === "unhealthy").map(({ service }) => service);
  expect(sick.toSorted()).toEqual(["preview-backend@preview1", "web@preview2", "worker"]);
  expect(asked).toHaveLength(report.services.length);
  expect(new Set(asked.map(({ redirect }) => redirect))).toEqual(new Set(["manual"]));
});

test("a service that does not answer is given up after a second, and the others are not kept waiting", async () => {
  const fetch = ((_url: string, { signal }: RequestInit) =>
    new Promise((_answered, gaveUp) => {
      signal?.addEventListener("abort", () => gaveUp(signal.reason as Error));
    })) as typeof globalThis.fetch;
  const report = healthReportSchema.parse((await api.call("/api/host", { api: api.with({ fetch }) })).body);
  expect(new Set(report.services.map(({ status }) => status))).toEqual(new Set(["unhealthy"]));
});

test("a host that nothing was deployed to has no releases", async () => {
  expect((await api.call("/api/releases", { as: "viewer" })).body).toEqual({ items: [] });
  expect(await api.call(`/api/releases/${LIVE}`)).toMatchObject({ status: 404, body: { code: "release_not_found" } });
});

test("whole releases are listed newest first; what is half written, broken, a link or no commit is not", async () => {
  const directory = releasesPath(api.contract);
  const manifest = (digit: string, built_at: string) => ({
    release_id: commit(digit),
    commit_sha: commit(digit),
    tree_sha: commit("f"),
    built_at,
    contract_hash: "a".repeat(64),
    migrations: { last: "0010", incompatible: false },
    files: { "api/main.js": "b".repeat(64) },
  });
  const release = async (name: string, text?: string) => {
    await mkdir(`${directory}/${name}`, { recursive: true });
    if (text !== undefined) await writeFile(`${directory}/${name}/release.json`, text);
  };
  await release(commit("1"), JSON.stringify(manifest("1", "2026-11-01T00:00:00.000Z")));
  await release(commit("2"), JSON.stringify(manifest("2", "2026-11-02T00:00:00.000Z")));
  await release(commit("3"));
  await release(commit("4"), "{");
  await release("embedded", JSON.stringify(manifest("5", "2026-11-03T00:00:00.000Z")));
  await mkdir(`${directory}/elsewhere`);
  await writeFile(`${directory}/elsewhere/release.json`, JSON.stringify(manifest("6", "2026-11-04T00:00:00.000Z")));
  await symlink(`${directory}/elsewhere`, `${directory}/${commit("6")}`);
  await symlink(`${directory}/${commit("1")}`, currentPath(api.contract));
  const { items } = releaseListSchema.parse((await api.call("/api/releases", { as: "viewer" })).body);
  expect(items.map(({ release_id, state }) => [release_id, state])).toEqual([
    [commit("2"), "built"],
    [commit("1"), "current"],
  ]);
  expect((await api.call(`/api/releases/${commit("1")}`)).body).toMatchObject({ state: "current", deployed_at: null });
  expect((await post(`/api/releases/${commit("1")}/rollback`)).body).toMatchObject({ code: "not_set_up" });
  for (const id of [commit("3"), "..", "%2e%2e%2fetc"])
    expect((await api.call(`/api/releases/${id}`)).status).toBe(404);
});

test("nothing is deployed or rolled back: it is said, never accepted", async () => {
  expect(await post("/api/deploys", { commit_sha: LIVE })).toMatchObject({ status: 409, body: { code: "not_set_up" } });
  expect((await post("/api/deploys", { commit_sha: "main" })).status).toBe(400);
  expect((await post("/api/deploys", { commit_sha: LIVE }, "agent")).status).toBe(403);
  expect(await post(`/api/releases/${commit("9")}/rollback`)).toMatchObject({
    status: 404,
    body: { code: "release_not_found" },
  });
  expect((await post(`/api/releases/${commit("9")}/rollback`, {}, "agent")).status).toBe(403);
});
