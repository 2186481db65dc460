import { commitShaSchema, ENDPOINTS, runContractView, slotContractView } from "@oroboros/slot-contract";
import { afterEach, expect, test } from "vitest";
import { aLiveRun, aRun, useApi } from "./testing/use-api.ts";

const api = useApi();
afterEach(() => api.clear());

const COMMIT = commitShaSchema.parse("c".repeat(40));

test("what the contract's table calls served is what the api serves", () => {
  const mounted = new Set(
    api
      .with({})
      .routes.filter(({ method, path }) => method !== "ALL" && /^\/(api|health|metrics)\b/.test(path))
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`),
  );
  // The documents' older address of /api/health.
  mounted.delete("GET /health");
  const served = Object.values(ENDPOINTS)
    .filter(({ status }) => status === "served")
    .map(({ method, path }) => `${method} ${path}`);
  expect([...mounted].toSorted()).toEqual(served.toSorted());
});

test("the contracts of slots and runs are the installation's", async () => {
  expect((await api.call("/api/slots/contract", { as: "viewer" })).body).toEqual(slotContractView(api.contract));
  expect((await api.call("/api/runs/contract", { as: "viewer" })).body).toEqual(runContractView());
});

test("a run without a live preview is not published again", async () => {
  const waiting = await api.byAgent((tx) => aRun(tx));
  const answer = await api.call(`/api/runs/${waiting.runId}/publish`, { method: "POST", body: {}, as: "agent" });
  expect(answer).toMatchObject({ status: 403, body: { code: "invalid_transition" } });
});

test("a live run is asked for once per commit, and the newer commit takes the older one's place", async () => {
  const { run } = await api.byAgent((tx) => aLiveRun(tx));
  await api.store.updateTable("runs").set({ status: "needs_approval" }).where("run_id", "=", run.runId).execute();
  const publish = (body: object) => api.call(`/api/runs/${run.runId}/publish`, { method: "POST", body, as: "agent" });
  const first = await publish({ commit_sha: COMMIT });
  expect(first).toMatchObject({ status: 202, body: { attempt: 1, status: "requested", already: false } });
  expect(await publish({ commit_sha: COMMIT })).toMatchObject({ status: 200, body: { attempt: 1, already: true } });
  const newer = commitShaSchema.parse("d".repeat(40));
  expect(await publish({ commit_sha: newer })).toMatchObject({
    status: 202,
    body: { attempt: 1, commit_sha: newer, already: false },
  });
  expect(await publish({})).toMatchObject({ status: 202, body: { attempt: 1, commit_sha: null } });
  expect(await publish({ commit_sha: "main" })).toMatchObject({ status: 400, body: { code: "invalid_request" } });
});

test("an agent publishes no run that it did not ask for, and so undoes nobody's approval", async () => {
  const { run } = await aLiveRun(api.store);
  await api.store.updateTable("runs").set({ status: "approved" }).where("run_id", "=", run.runId).execute();
  const answer = await api.call(`/api/runs/${run.runId}/publish`, { body: { commit_sha: COMMIT }, as: "agent" });
  expect(answer).toMatchObject({ status: 403, body: { code: "role_required" } });
  expect((await api.call(`/api/runs/${run.runId}`, { as: "viewer" })).body).toMatchObject({
    status: "approved",
    attempts: [],
  });
});

test("what waits to be published is canceled with its run", async () => {
  const { run } = await api.byAgent((tx) => aLiveRun(tx));
  await api.store.updateTable("runs").set({ status: "needs_approval" }).where("run_id", "=", run.runId).execute();
  await api.call(`/api/runs/${run.runId}/publish`, { method: "POST", body: {}, as: "agent" });
  await api.call(`/api/runs/${run.runId}/cancel`, { method: "POST", body: {}, as: "agent" });
  const { body } = await api.call(`/api/runs/${run.runId}`, { as: "viewer" });
  expect(body).toMatchObject({ status: "canceled", attempts: [{ attempt: 1, status: "canceled" }] });
});
