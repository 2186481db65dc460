import { corsAllowedOrigins } from "@oroboros/slot-contract";
import { describe, expect, test } from "vitest";
import { tokenOf, useApi } from "./testing/use-api.ts";

const api = useApi();
const CONSOLE = { host: "api.example.com" };
const OWN = { ...CONSOLE, origin: "https://api.example.com" };
const cookieOf = (role: "viewer" | "operator"): string => `__Host-oroboros_session=${tokenOf(role)}`;

describe("on the console's https host a session", () => {
  test("is a cookie that no script, no other host and no plain connection sees", async () => {
    const opened = await api.call("/api/session", { as: null, body: { token: tokenOf("viewer") }, headers: OWN });
    expect(opened).toMatchObject({ status: 200, body: { label: "a viewer", role: "viewer" } });
    const [cookie, ...attributes] = (opened.headers.get("set-cookie") ?? "").split("; ");
    expect(cookie).toBe(cookieOf("viewer"));
    expect(attributes.toSorted()).toEqual(["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]);
  });

  test.each([
    ["a page of its own", { origin: "https://api.example.com" }, 200],
    ["a page of its own that reads", { "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" }, 200],
    ["an address that was typed", { "sec-fetch-site": "none", "sec-fetch-mode": "navigate" }, 200],
    ["nobody who says so", {}, 403],
    ["a preview that links to it", { "sec-fetch-site": "same-site", "sec-fetch-mode": "navigate" }, 401],
    ["a preview that fetches it", { "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" }, 403],
    ["a preview that names itself", { origin: "https://preview1.example.com" }, 403],
    ["the app, though it is on the CORS list", { origin: "https://app.example.com" }, 403],
  ])("counts for %s: %j is answered with %i", async (_who, headers, status) => {
    const sent = { ...CONSOLE, cookie: cookieOf("viewer"), ...(headers as Record<string, string>) };
    expect((await api.call("/api/runs", { as: null, headers: sent })).status).toBe(status);
  });

  test("changes something only from its own page", async () => {
    const create = (headers: Record<string, string>) =>
      api.call("/api/runs", {
        as: null,
        body: { title: "x" },
        headers: { ...CONSOLE, cookie: cookieOf("operator"), ...headers },
      });
    expect((await create({ origin: "https://api.example.com" })).status).toBe(201);
    for (const headers of [{}, { "sec-fetch-site": "same-origin" }, { "sec-fetch-site": "none" }, { origin: "null" }]) {
      expect(await create(headers as Record<string, string>)).toMatchObject({
        status: 403,
        body: { code: "origin_refused" },
      });
    }
  });

  test("is closed by taking the cookie back", async () => {
    const headers = { ...OWN, cookie: cookieOf("viewer") };
    const closed = await api.call("/api/session", { method: "DELETE", as: null, headers });
    expect(closed).toMatchObject({ status: 200, body: { closed: true } });
    expect(closed.headers.get("set-cookie")).toMatch(/^__Host-oroboros_session=; Max-Age=0;/);
  });
});

describe("on loopback, whose cookies every other port would get,", () => {
  test("a session is the page's own to keep", async () => {
    const opened = await api.call("/api/session", { as: null, body: { token: tokenOf("operator") } });
    expect(opened).toMatchObject({ status: 200, body: { label: "a operator", role: "operator" } });
    expect(opened.headers.get("set-cookie")).toBeNull();
    const closed = await api.call("/api/session", { method: "DELETE" });
    expect(closed).toMatchObject({ status: 200, body: { closed: false } });
  });

  test("a cookie is nobody", async () => {
    const headers = { origin: "http://127.0.0.1:8000", cookie: cookieOf("operator") };
    expect((await api.call("/api/runs", { as: null, headers })).status).toBe(401);
  });

  test("the page works beside the cookies of the previews", async () => {
    const headers = { cookie: "theme=dark", "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" };
    expect((await api.call("/ui/overview", { as: "viewer", headers })).status).toBe(200);
    const linked = { cookie: "theme=dark", "sec-fetch-site": "same-site", "sec-fetch-mode": "navigate" };
    expect((await api.call("/", { as: null, headers: linked })).status).toBe(200);
  });
});

test.each(["oro_a-token-nobody-ever-made", "short", "x".repeat(200)])(
  "a session is not opened with %j",
  async (token) => {
    const answer = await api.call("/api/session", { as: null, body: { token }, headers: OWN });
    expect(answer).toMatchObject({ status: 401, body: { code: "not_authenticated" } });
    expect(answer.headers.get("set-cookie")).toBeNull();
  },
);

describe("pages of the contract's origins", () => {
  const origins = corsAllowedOrigins(api.contract);
  const preflight = (origin: string) =>
    api.call("/api/runs", { method: "OPTIONS", as: null, headers: { origin, "access-control-request-method": "GET" } });

  test.each(origins)("may read with a token: %s", async (origin) => {
    const asked = await preflight(origin);
    expect([asked.status, asked.headers.get("access-control-allow-origin")]).toEqual([204, origin]);
    expect(asked.headers.get("access-control-allow-methods")).toBe("GET, HEAD");
    const read = await api.call("/api/runs", { as: "viewer", headers: { origin } });
    expect([read.status, read.headers.get("access-control-allow-origin")]).toEqual([200, origin]);
    expect(read.headers.get("vary")).toContain("Origin");
  });

  test("get no identity by it, may change nothing, and never with the browser's credentials", async () => {
    const [origin = ""] = origins;
    const headers = { origin };
    expect((await api.call("/api/runs", { as: null, headers })).status).toBe(401);
    const changed = await api.call("/api/runs", { body: { title: "x" }, headers });
    expect(changed).toMatchObject({ status: 403, body: { code: "origin_refused" } });
    for (const { headers: answered } of [await preflight(origin), changed])
      expect(answered.get("access-control-allow-credentials")).toBeNull();
  });

  test.each(["https://evil.example", "null", "http://127.0.0.1:8101", "https://app.example.com.evil.example"])(
    "do not include %s",
    async (origin) => {
      expect(await preflight(origin)).toMatchObject({ status: 403, body: { code: "origin_refused" } });
      const read = await api.call("/api/runs", { as: "viewer", headers: { origin } });
      expect(read.headers.get("access-control-allow-origin")).toBeNull();
    },
  );
});
