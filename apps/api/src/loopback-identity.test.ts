import { request } from "node:http";
import { connect } from "node:net";
import { queryRows } from "@oroboros/test-support";
import { describe, expect, onTestFinished, test } from "vitest";
import { openHttpServer } from "./open-http-server.ts";
import { listen, rawRequest, requestText } from "./testing/raw-request.ts";
import { tokenOf, useApi } from "./testing/use-api.ts";

const api = useApi();
const isRoot = process.getuid?.() === 0;

async function serve(changes: Parameters<typeof api.with>[0] = {}): Promise<number> {
  const server = openHttpServer(api.with({ loopbackIdentity: true, ...changes }).fetch);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return listen(server);
}

// What other users are refused is shown by tests/control/identity.test.ts, with users of their own.
describe.skipIf(!isRoot)("root's own request on loopback, without a token,", () => {
  test("passes as an operator's, and is audited by its uid", async () => {
    const port = await serve();
    expect((await rawRequest(port, requestText("GET /api/slots", {}))).status).toBe(200);
    const created = await rawRequest(port, requestText("POST /api/runs", {}, `{"title":"typed on the host"}`));
    expect(created.status).toBe(201);
    const { run_id: runId } = JSON.parse(created.body) as { run_id: string };
    const [rows] = await queryRows(
      api.database.url,
      `select distinct principal from audit_log where run_id = '${runId}'`,
    );
    expect(rows).toEqual([{ principal: "loopback:uid=0" }]);
  });

  test.each([
    ["origin", "http://127.0.0.1:8000"],
    ["referer", "http://127.0.0.1:8000/"],
    ["sec-fetch-mode", "cors"],
    ["sec-fetch-site", "none"],
    ["Sec-Fetch-Anything", "x"],
    ["forwarded", "for=127.0.0.1"],
    ["x-forwarded-for", "127.0.0.1"],
    ["X-Forwarded-Proto", "http"],
    ["x-forwarded-host", "127.0.0.1:8000"],
    ["x-real-ip", "127.0.0.1"],
    ["via", "1.1 caddy"],
    ["cf-connecting-ip", "127.0.0.1"],
    ["cdn-loop", "cloudflare"],
    ["authorization", "Bearer"],
    ["authorization", "Basic eDp5"],
    ["host", "api.example.com"],
  ])("is refused with %s: %s", async (name, value) => {
    const port = await serve();
    const answer = await rawRequest(port, requestText("GET /api/slots", { [name]: value }));
    expect(answer).toMatchObject({ status: 401, code: "not_authenticated" });
  });

  test("is refused with a cookie that some other port has set", async () => {
    const port = await serve();
    expect((await rawRequest(port, requestText("GET /api/slots", { cookie: "a=b" }))).code).toBe("origin_refused");
    const typed = requestText("GET /api/slots", { cookie: "a=b", "sec-fetch-site": "none" });
    expect((await rawRequest(port, typed)).code).toBe("not_authenticated");
  });

  test("is refused where branches could run as a trusted user", async () => {
    const port = await serve({ loopbackIdentity: false });
    expect((await rawRequest(port, requestText("GET /api/slots", {}))).status).toBe(401);
  });

  test("is refused from a page, whose browser names it", async () => {
    const port = await serve();
    const headers = { host: "127.0.0.1:8000" };
    // Node's fetch says Sec-Fetch-Mode, as a browser does.
    expect((await fetch(`http://127.0.0.1:${port}/api/slots`, { headers })).status).toBe(403);
    const plain = await new Promise<number | undefined>((answered, failed) => {
      request({ port, path: "/api/slots", headers }, (answer) => answered(answer.resume().statusCode))
        .on("error", failed)
        .end();
    });
    expect(plain).toBe(200);
  });

  test("is refused from another address of the loopback network", async () => {
    const port = await serve();
    const headers = { host: "127.0.0.1:8000" };
    const statusFrom = (localAddress: string): Promise<number | undefined> =>
      new Promise((answered, failed) => {
        request({ port, path: "/api/slots", headers, localAddress }, (answer) => answered(answer.resume().statusCode))
          .on("error", failed)
          .end();
      });
    expect(await statusFrom("127.0.0.2")).toBe(401);
    expect(await statusFrom("127.0.0.1")).toBe(200);
  });

  test("changes nothing where its socket is closed at once", async () => {
    const port = await serve();
    const before = await runs();
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const socket = connect(port, "127.0.0.1");
      socket.end(requestText("POST /api/runs", {}, `{"title":"closed at once"}`));
      socket.resume();
      await new Promise((closed) => socket.once("close", closed));
    }
    expect(await runs()).toEqual(before);
  });

  test("passes however often others have failed, and a valid token does", async () => {
    const port = await serve();
    const wrong = requestText("GET /api/slots", { authorization: "Bearer oro_a-token-nobody-ever-made" });
    const answers = [];
    for (let attempt = 0; attempt < 22; attempt += 1) answers.push(await rawRequest(port, wrong));
    expect(answers.map(({ status }) => status)).toEqual([...Array<number>(20).fill(401), 429, 429]);
    expect(answers.at(-1)).toMatchObject({
      code: "rate_limited",
      headers: { "retry-after": expect.stringMatching(/^[1-9]\d?$/) },
    });
    const session = requestText("POST /api/session", {}, `{"token":"oro_a-token-nobody-ever-made"}`);
    expect((await rawRequest(port, session)).status).toBe(429);
    expect((await rawRequest(port, requestText("GET /api/slots", {}))).status).toBe(200);
    const known = requestText("GET /api/slots", { authorization: `Bearer ${tokenOf("viewer")}` });
    expect((await rawRequest(port, known)).status).toBe(200);
  });
});

const runs = (): Promise<unknown> => queryRows(api.database.url, "select count(*) from runs");
