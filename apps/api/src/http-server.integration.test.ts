import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { eventually, queryRows } from "@oroboros/test-support";
import { Hono } from "hono";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { answerInTime } from "./answer-in-time.ts";
import { openHttpServer } from "./open-http-server.ts";
import { problemOf, problemResponse } from "./problem.ts";
import { listen, rawRequest, requestText } from "./testing/raw-request.ts";
import { tokenOf, useApi } from "./testing/use-api.ts";
import { whileLocked } from "./testing/while-locked.ts";

const api = useApi();
const OPERATOR = { authorization: `Bearer ${tokenOf("operator")}` };
/** Reached only in failure, by a machine that stands still for a while. */
const SOON = { deadlineMs: 60_000 };
const JSON_BODY = { "content-type": "application/json" };
let server: ReturnType<typeof openHttpServer>;
let port: number;

// Such as of a listener for each piece of what was refused.
const warnings: Error[] = [];

const noteWarning = (warning: Error): void => void warnings.push(warning);

beforeAll(async () => {
  process.on("warning", noteWarning);
  server = openHttpServer(api.with({}).fetch);
  port = await listen(server);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  process.off("warning", noteWarning);
  expect(warnings).toEqual([]);
});

const HEAD = `authorization: Bearer ${tokenOf("operator")}\r\nhost: 127.0.0.1:8000\r\n`;
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const REFUSED: [what: string, bytes: string, status: number, code: string][] = [
  ["two Host headers", `GET /api/runs HTTP/1.1\r\n${HEAD}host: 127.0.0.1:8000\r\n\r\n`, 403, "host_refused"],
  ["no Host header", "GET /health HTTP/1.1\r\n\r\n", 403, "host_refused"],
  ["another Host", "GET /health HTTP/1.1\r\nhost: evil.example\r\n\r\n", 403, "host_refused"],
  ["an absolute target", `GET http://127.0.0.1:8000/health HTTP/1.1\r\n${HEAD}\r\n`, 400, "invalid_request"],
  ["another host's absolute target", `GET http://evil.example/health HTTP/1.1\r\n${HEAD}\r\n`, 400, "invalid_request"],
  ["a target of two slashes", `GET //evil.example/health HTTP/1.1\r\n${HEAD}\r\n`, 400, "invalid_request"],
  ["a target with a backslash", `GET /\\evil HTTP/1.1\r\n${HEAD}\r\n`, 400, "invalid_request"],
  ["the target *", `OPTIONS * HTTP/1.1\r\n${HEAD}\r\n`, 400, "invalid_request"],
  ["TRACE", `TRACE /health HTTP/1.1\r\n${HEAD}\r\n`, 405, "method_not_allowed"],
  ["CONNECT", `CONNECT evil.example:80 HTTP/1.1\r\n${HEAD}\r\n`, 405, "method_not_allowed"],
  [
    "an upgrade to HTTP/2",
    `GET /health HTTP/1.1\r\n${HEAD}connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n\r\n`,
    400,
    "invalid_request",
  ],
  ["HTTP/2 at once", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "invalid_request"],
  ["no HTTP", "\0\u0001\u0002 swordfish\r\n\r\n", 400, "invalid_request"],
  [
    "a header of 20,000 bytes",
    `GET /health HTTP/1.1\r\n${HEAD}x: ${"x".repeat(20_000)}\r\n\r\n`,
    400,
    "invalid_request",
  ],
  [
    "two lengths",
    `POST /api/runs HTTP/1.1\r\n${HEAD}content-length: 2\r\ncontent-length: 3\r\n\r\n{}}`,
    400,
    "invalid_request",
  ],
  [
    "a length and chunks",
    `POST /api/runs HTTP/1.1\r\n${HEAD}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n${chunk("{}")}0\r\n\r\n`,
    400,
    "invalid_request",
  ],
  [
    "gzip as its coding",
    `POST /api/runs HTTP/1.1\r\n${HEAD}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    400,
    "invalid_request",
  ],
  [
    "a form",
    requestText("POST /api/runs", { ...OPERATOR, "content-type": "application/x-www-form-urlencoded" }, "title=x"),
    415,
    "unsupported_media_type",
  ],
  [
    "text",
    requestText("POST /api/runs", { ...OPERATOR, "content-type": "text/plain" }, `{"title":"x"}`),
    415,
    "unsupported_media_type",
  ],
  [
    "a body that says it is too large",
    requestText("POST /api/runs", { ...OPERATOR, ...JSON_BODY, "content-length": "1048577" }),
    413,
    "body_too_large",
  ],
  [
    "chunks that grow too large",
    `POST /api/runs HTTP/1.1\r\n${HEAD}transfer-encoding: chunked\r\n\r\n${chunk(" ".repeat(1_048_000)).repeat(2)}0\r\n\r\n`,
    413,
    "body_too_large",
  ],
  [
    "a body that is not UTF-8",
    requestText("POST /api/runs", { ...OPERATOR, ...JSON_BODY }, `{"title":"caf\u00e9"}`),
    400,
    "invalid_request",
  ],
  [
    "a wrong token",
    requestText("POST /api/runs", { authorization: "Bearer x" }, `{"title":"x"}`),
    401,
    "not_authenticated",
  ],
  [
    "a foreign page",
    requestText("POST /api/runs", { ...OPERATOR, origin: "http://evil.example" }, `{"title":"x"}`),
    403,
    "origin_refused",
  ],
];

test.each(REFUSED)("%s is refused with a problem and changes nothing", async (_what, bytes, status, code) => {
  const before = await whatIsStored();
  const answer = await rawRequest(port, bytes);
  expect(answer).toMatchObject({ status, code });
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  expect(await whatIsStored()).toEqual(before);
  expect((await rawRequest(port, requestText("GET /api/runs", OPERATOR))).status).toBe(200);
});

const whatIsStored = (): Promise<unknown> =>
  queryRows(
    api.database.url,
    ...["audit_log", "run_events", "runs", "api_tokens"].map((table) => `select count(*) from ${table}`),
  );

test("an answer names its request by the trace id that came with it, or by one of its own", async () => {
  const named = await rawRequest(port, requestText("GET /nothing", { ...OPERATOR, "x-trace-id": "my-trace.1" }));
  expect(named.headers["x-trace-id"]).toBe("my-trace.1");
  expect(JSON.parse(named.body)).toMatchObject({ instance: "/nothing", trace_id: "my-trace.1" });
  const other = await rawRequest(port, requestText("GET /health", { "x-trace-id": "a b;c" }));
  expect(other.headers["x-trace-id"]).toMatch(/^[0-9a-f-]{36}$/);
});

test("no answer may be framed, and none is taken for what it is not", async () => {
  for (const path of ["/", "/health", "/nothing", "/api/runs"]) {
    const { headers } = await rawRequest(port, requestText(`GET ${path}`, OPERATOR));
    expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect(headers["x-content-type-options"]).toBe("nosniff");
  }
});

test("a request that arrives too slowly is ended with a problem", async () => {
  const limits = { headersTimeout: 50, requestTimeout: 100, connectionsCheckingInterval: 20 };
  const slowPort = await serve(limits);
  const heads = ["GET /health HTTP/1.1\r\nhost: 127", `POST /api/runs HTTP/1.1\r\n${HEAD}content-length: 9\r\n\r\n{`];
  for (const head of heads) expect(await rawRequest(slowPort, head)).toMatchObject({ code: "request_timed_out" });
});

test("an answer that does not come is given up in time, and the next one comes", async () => {
  const stuck = new Hono();
  stuck.use(answerInTime(30));
  stuck.get("/stuck", () => new Promise<Response>(() => undefined));
  stuck.get("/health", (c) => c.text("ok"));
  stuck.onError((error) => problemResponse(problemOf(error)));
  expect((await stuck.request("/stuck")).status).toBe(503);
  expect(await (await stuck.request("/stuck")).json()).toMatchObject({ code: "request_timed_out", status: 503 });
  expect((await stuck.request("/health")).status).toBe(200);
});

test("the api itself gives every route a deadline", async () => {
  const hurried = api.with({ answerDeadlineMs: 50 });
  const locked = await whileLocked(api.database.url, "lock table runs in access exclusive mode", () =>
    api.call("/api/runs", { api: hurried }),
  );
  expect(locked).toMatchObject({ status: 503, body: { code: "request_timed_out" } });
});

test("connections beyond the bound are not taken, and those that are there are answered", async () => {
  const smallPort = await serve({ maxConnections: 2 });
  const [first] = [await connected(smallPort), await connected(smallPort)];
  const health = () => rawRequest(smallPort, requestText("GET /health", {})).catch(() => ({ status: 0 }));
  expect((await health()).status).toBe(0);
  first.destroy();
  expect(await eventually(async () => (await health()).status === 200, SOON)).toBe(true);
});

test("a client that resets the connection of its CONNECT takes nobody's server down", async () => {
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  process.on("uncaughtException", note);
  onTestFinished(() => void process.off("uncaughtException", note));
  for (let round = 0; round < 20; round += 1) {
    const sockets = await Promise.all(Array.from({ length: 10 }, () => connected(port)));
    const resets = sockets.map(async (socket, at) => {
      socket.on("error", () => undefined).write(`CONNECT evil.example:80 HTTP/1.1\r\n${HEAD}\r\n`);
      // Before, while and after it is answered.
      if (at > 0) await Promise.race([once(socket, "data"), ...(at < 5 ? [immediates(at)] : [])]);
      socket.resetAndDestroy();
      await once(socket, "close");
    });
    await Promise.all(resets);
  }
  expect((await rawRequest(port, requestText("GET /health", {}))).status).toBe(200);
  expect(uncaught).toEqual([]);
});

test.each(["POST \\\\evil", "TRACE /api/slots", "G\u00ffT /api/runs"])(
  "whoever sends megabytes after %j is told why it was refused",
  async (asked) => {
    // However long the machine takes to send it.
    const patientPort = await serve({ refusedLingerMs: 60_000 });
    const sent = `${asked} HTTP/1.1\r\n${HEAD}content-length: 32000000\r\n\r\n${"x".repeat(32_000_000)}`;
    const socket = await connected(patientPort);
    // Reads nothing before it has sent everything, as many clients do.
    await promisify((done: (error?: Error | null) => void) => socket.write(sent, "latin1", done))();
    let answer = "";
    socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
    expect(await eventually(() => answer.includes("}"), SOON)).toBe(true);
    expect(answer).toContain("application/problem+json");
  },
);

test("a connection that was refused is closed, also where its client keeps its own half open", async () => {
  const limits = { headersTimeout: 50, connectionsCheckingInterval: 20, refusedLingerMs: 50 };
  const hurried = openHttpServer(api.with({}).fetch, limits);
  onTestFinished(() => {
    hurried.closeAllConnections();
    hurried.close();
  });
  const hurriedPort = await listen(hurried);
  for (const bytes of ["", "no HTTP\r\n\r\n", `CONNECT evil.example:80 HTTP/1.1\r\n${HEAD}\r\n`]) {
    const socket = await connected(hurriedPort, { allowHalfOpen: true });
    let answer = "";
    socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
    if (bytes !== "") socket.write(bytes);
    const isNobodyThere = async (): Promise<boolean> => (await promisify(hurried.getConnections).call(hurried)) === 0;
    expect(await eventually(isNobodyThere, SOON)).toBe(true);
    expect(await eventually(() => answer.includes("application/problem+json"), SOON)).toBe(true);
  }
});

/** The api behind a server with limits of its own; says on which port. */
function serve(limits: Parameters<typeof openHttpServer>[1]): Promise<number> {
  const own = openHttpServer(api.with({}).fetch, limits);
  onTestFinished(() => {
    own.closeAllConnections();
    own.close();
  });
  return listen(own);
}

async function immediates(count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) await setImmediate();
}

async function connected(to: number, options: { allowHalfOpen?: boolean } = {}): Promise<Socket> {
  const socket = createConnection({ port: to, host: "127.0.0.1", ...options });
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}
