import { expect, test } from "vitest";
import { aRun, tokenOf, useApi } from "./testing/use-api.ts";

const api = useApi();
const lines = () => api.logged.filter(({ message }) => message === "request");

test("a request leaves one line: who, what, for which run, how it ended and how long it took", async () => {
  const { runId } = await api.byAgent((tx) => aRun(tx));
  await api.call(`/api/runs/${runId}/cancel`, {
    method: "POST",
    body: {},
    as: "agent",
    headers: { "x-trace-id": "t-1" },
  });
  expect(lines().at(-1)).toEqual({
    level: "info",
    message: "request",
    fields: {
      trace_id: "t-1",
      method: "POST",
      route: "/api/runs/:id/cancel",
      status: 200,
      ms: expect.any(Number),
      principal: expect.stringMatching(/^token:\d+:a agent$/),
      run_id: runId,
    },
  });
});

test("a slot's path names the slot", async () => {
  await api.call("/api/slots/preview-2/release", { body: {} });
  expect(lines().at(-1)?.fields).toMatchObject({ route: "/api/slots/:slot/release", slot_id: "preview-2" });
});

test.each<[path: string, method: string, as: string | null, level: string, route: string, status: number]>([
  ["/api/runs", "GET", "viewer", "debug", "/api/runs", 200],
  ["/api/runs/contract", "GET", "viewer", "debug", "/api/runs/contract", 200],
  ["/api/runs", "GET", null, "info", "/api/runs", 401],
  ["/api/runs/not-an-id", "GET", "viewer", "info", "/api/runs/:id", 404],
  ["/nothing/secret-in-the-path", "GET", "viewer", "info", "none", 404],
])("%s %s as %s is told at the level it deserves", async (path, method, as, level, route, status) => {
  await api.call(path, { method, as });
  expect(lines().at(-1)).toMatchObject({ level, fields: { route, status } });
  expect(JSON.stringify(lines().at(-1))).not.toContain("secret");
});

test("an api that fails is told about with the request's trace", async () => {
  const store = api.store.withSchema("gone");
  const answer = await api.call("/api/runs", { api: api.with({ store }), headers: { "x-trace-id": "t-500" } });
  expect(answer.status).toBe(500);
  expect(lines().at(-1)).toMatchObject({ level: "info", fields: { status: 500, trace_id: "t-500" } });
});

test("health is asked for too often to be told of", async () => {
  const before = lines().length;
  for (const path of ["/health", "/api/health", "/health/ready"]) await api.call(path, { as: null });
  expect(lines()).toHaveLength(before);
});

test("no token, body, query or answer is in the log", async () => {
  const body = { title: "swordfish", prompt: "swordfish" };
  await api.call("/api/runs?route=swordfish", { body });
  await api.call("/api/runs?route=swordfish", { as: "swordfish-swordfish-swordfish" });
  await api.call("/api/session", { body: { token: tokenOf("operator") }, as: null });
  const text = JSON.stringify(api.logged);
  expect(text).not.toContain("swordfish");
  expect(text).not.toContain(tokenOf("operator"));
});
