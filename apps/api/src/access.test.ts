import { createToken, revokeToken } from "@oroboros/control-store";
import { hashToken } from "@oroboros/host/read-only";
import { ROLES, type Role } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { aRun, useApi, type Call } from "./testing/use-api.ts";

const api = useApi();

const NO_RUN = "00000000-0000-4000-8000-000000000000";
const OWN_ORIGIN = "http://127.0.0.1:8000";

/** Each endpoint with data behind it, the least role that may use it, and what it answers to that role. */
const ENDPOINTS: [method: string, path: string, least: Role, status: number, body?: unknown][] = [
  ["GET", "/api/slots", "viewer", 200],
  ["POST", "/api/slots/preview-3/release", "operator", 200, {}],
  ["POST", "/api/runs", "agent", 201, { title: "mine" }],
  ["GET", "/api/runs", "viewer", 200],
  ["GET", "/api/runs/RUN", "viewer", 200],
  ["GET", "/api/runs/RUN/events", "viewer", 200],
  ["GET", "/api/runs/RUN/artifacts", "viewer", 200],
  ["GET", `/api/runs/RUN/artifacts/content?uri=artifact:${NO_RUN}/x.log`, "viewer", 404],
  ["POST", "/api/runs/RUN/cancel", "agent", 200, {}],
  ["POST", "/api/runs/RUN/publish", "agent", 403, {}],
  ["GET", "/api/slots/contract", "viewer", 200],
  ["GET", "/api/runs/contract", "viewer", 200],
  ["GET", "/ui/overview", "viewer", 200],
  ["GET", "/ui/runs/RUN", "viewer", 200],
];

test.each(ENDPOINTS)("%s %s needs a known token with the role %s", async (method, path, least, status, body) => {
  const { runId } = await api.byAgent((tx) => aRun(tx));
  const call = async (as: Call["as"]) => {
    const answer = await api.call(path.replace("RUN", runId), { method, body, as: as ?? null });
    return [answer.status, (answer.body as { code?: string } | undefined)?.code];
  };
  expect(await call(null)).toEqual([401, "not_authenticated"]);
  expect(await call("oro_a-token-nobody-ever-made")).toEqual([401, "not_authenticated"]);
  expect(await call("short")).toEqual([401, "not_authenticated"]);
  for (const role of ROLES.slice(0, ROLES.indexOf(least))) expect(await call(role)).toEqual([403, "role_required"]);
  expect((await call(least))[0]).toBe(status);
  if (least !== "operator" && !path.endsWith("/cancel")) expect((await call("operator"))[0]).toBe(status);
});

test("a token that is revoked is not known from the next request on", async () => {
  const token = "oro_token-of-somebody-who-left";
  const { tokenId } = await createToken(api.store, { label: "left", role: "operator", hash: hashToken(token) });
  expect((await api.call("/api/runs", { as: token })).status).toBe(200);
  await revokeToken(api.store, tokenId);
  expect(await api.call("/api/runs", { as: token })).toMatchObject({
    status: 401,
    body: { code: "not_authenticated" },
  });
});

test("without a token the answer says how to get one", async () => {
  const { status, headers, body } = await api.call("/api/slots", { as: null });
  expect(status).toBe(401);
  expect(headers.get("www-authenticate")).toBe("Bearer");
  expect(headers.get("content-type")).toBe("application/problem+json");
  expect(body).toMatchObject({
    code: "not_authenticated",
    status: 401,
    hint: expect.stringContaining("oroboros token create"),
  });
});

test.each([
  ["Bearer short", "The bearer token is not known here."],
  ["bearer  two words", "The bearer token is not known here."],
  [`Bearer ${"x".repeat(201)}`, "The bearer token is not known here."],
  ["Bearer oro_a-token-nobody-ever-made", "The bearer token is not known here."],
  ["Bearer", "The request has no bearer token."],
  ["Basic b3BlcmF0b3I6eA==", "The request has no bearer token."],
])("the answer to %j says what is wrong with it", async (authorization, detail) => {
  const answer = await api.call("/api/slots", { as: null, headers: { authorization } });
  expect(answer).toMatchObject({ status: 401, body: { code: "not_authenticated", detail } });
});

test.each([
  "",
  "evil.example",
  "evil.example:8000",
  "127.0.0.1",
  "127.0.0.1:8001",
  "127.0.0.1:8000.evil.example",
  "[::1]:8000",
])("a request for the host %j is refused, whatever it asks for", async (host) => {
  for (const path of ["/", "/health", "/api/runs", "/nothing"]) {
    expect(await api.call(path, { headers: { host } })).toMatchObject({ status: 403, body: { code: "host_refused" } });
  }
});

test("the loopback names with the api's own port are its hosts", async () => {
  for (const host of ["127.0.0.1:8000", "localhost:8000"]) {
    expect((await api.call("/health", { headers: { host } })).status).toBe(200);
  }
});

test.each(["http://evil.example", "null", "http://127.0.0.1:3101", "https://127.0.0.1:8000", "http://localhost:8000"])(
  "a page of %s can not change anything, even with a token",
  async (origin) => {
    const { total } = (await api.call("/api/runs")).body as { total: number };
    const answer = await api.call("/api/runs", { body: { title: "forged" }, headers: { origin } });
    expect(answer).toMatchObject({ status: 403, body: { code: "origin_refused" } });
    expect((await api.call("/api/runs")).body).toMatchObject({ total });
  },
);

test("the api's own page may change things, and any page's read is only stopped by the browser", async () => {
  const own = await api.call("/api/runs", { body: { title: "own" }, headers: { origin: OWN_ORIGIN } });
  expect(own.status).toBe(201);
  const foreign = await api.call("/api/runs", { headers: { origin: "http://evil.example" } });
  expect(foreign.status).toBe(200);
  expect(foreign.headers.get("access-control-allow-origin")).toBeNull();
});

test.each([
  ["GET", "/nothing"],
  ["POST", "/api/runs/"],
  ["DELETE", "/api/runs/RUN/nothing"],
  ["GET", "/ui/../api/nothing"],
])("%s %s answers that nothing is there", async (method, path) => {
  const answer = await api.call(path, { method });
  expect(answer).toMatchObject({
    status: 404,
    body: { code: "route_not_found", detail: expect.stringContaining(method) },
  });
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
});

test.each([
  ["DELETE", "/api/runs", "GET, HEAD, POST"],
  ["PUT", "/api/runs/RUN/cancel", "POST"],
  ["GET", "/api/runs/RUN/cancel", "POST"],
  ["HEAD", "/api/session", "DELETE, POST"],
  ["OPTIONS", "/api/slots", "GET, HEAD"],
])("%s %s is answered with the methods that the path has", async (method, path, allow) => {
  const answer = await api.call(path, { method });
  expect(answer.status).toBe(405);
  expect(answer.headers.get("allow")).toBe(allow);
  if (method !== "HEAD") expect(answer.body).toMatchObject({ code: "method_not_allowed", hint: `Use ${allow}.` });
});

test("what can be read can be asked for without its body", async () => {
  const { status, text, headers } = await api.call("/api/runs", { method: "HEAD" });
  expect([status, text, headers.get("content-type")]).toEqual([200, "", "application/json"]);
  expect((await api.call("/api/runs", { method: "HEAD", as: null })).status).toBe(401);
});

test("an error nobody expected is told to the log, not to the client", async () => {
  const store = api.store.withSchema("swordfish");
  const answer = await api.call("/api/runs", { api: api.with({ store }), as: "operator" });
  expect(answer).toMatchObject({ status: 500, body: { code: "internal_error" } });
  expect(answer.text).not.toMatch(/swordfish|relation|select/);
  expect(api.logged.findLast(({ level }) => level === "error")).toMatchObject({
    level: "error",
    fields: { path: "/api/runs", err: { message: expect.stringContaining("swordfish") } },
  });
});
