import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { ENDPOINTS } from "./api/endpoints.ts";
import { ApiError, createClient, type Client } from "./client.ts";

const RUN = "2f1c6a54-5d0a-4c8e-9f39-6e2f2b2b9f10";
const PROBLEM = {
  type: "about:blank",
  title: "lease held",
  status: 409,
  code: "lease_held",
  detail: "Slot preview-1 is held.",
  hint: "Wait.",
};

test("a call becomes the endpoint's request, with its token and body", async () => {
  const seen: unknown[] = [];
  const client = await clientOf((request, response) => {
    request.setEncoding("utf8").on("data", (body: string) => seen.push(JSON.parse(body)));
    request.on("end", () => {
      seen.push(request.method, request.url, request.headers.authorization);
      response.end(JSON.stringify({ released: true, slot_id: "preview-1", run_id: RUN, reason: "released" }));
    });
  });
  const answer = await client.releaseSlot({ params: { slot: "preview 1/../x" }, body: { run_id: RUN } });
  expect(answer.released).toBe(true);
  expect(seen).toEqual([{ run_id: RUN }, "POST", "/api/slots/preview%201%2F..%2Fx/release", "Bearer t0ken"]);
});

test("a request that may be repeated says by which key, and no other one does", async () => {
  const seen: unknown[] = [];
  const client = await clientOf((request, response) => {
    seen.push(request.headers["idempotency-key"]);
    response.writeHead(409).end(JSON.stringify(PROBLEM));
  });
  const create = (key: object) => client.createRun({ body: { title: "t" }, ...key }).catch(() => undefined);
  await create({ idempotencyKey: "a-key" });
  await create({});
  expect(seen).toEqual(["a-key", undefined]);
});

test("a query is repeated for a list and left out for nothing", async () => {
  let url: string | undefined;
  const client = await clientOf((request, response) => {
    url = request.url;
    response.end(JSON.stringify({ items: [], total: 0, limit: 5, offset: 0 }));
  });
  await client.listRuns({ query: { status: ["queued", "failed"], limit: 5, offset: undefined } as never });
  expect(url).toBe("/api/runs?status=queued&status=failed&limit=5");
  await client.listRuns();
  expect(url).toBe("/api/runs");
});

test("a problem of the api is an error with its code, status and hint", async () => {
  const client = await clientOf((_, response) => response.writeHead(409).end(JSON.stringify(PROBLEM)));
  const refused = client.getRun({ params: { id: RUN } });
  await expect(refused).rejects.toBeInstanceOf(ApiError);
  await expect(refused).rejects.toMatchObject({
    code: "lease_held",
    status: 409,
    hint: "Wait.",
    message: PROBLEM.detail,
  });
});

test("a redirect is an error, and nobody is asked at the other place", async () => {
  let asked = 0;
  const elsewhere = await serve((_, response) => {
    asked++;
    response.end("[]");
  });
  const client = await clientOf((_, response) => response.writeHead(307, { location: `${elsewhere}/api/slots` }).end());
  await expect(client.listSlots()).rejects.toMatchObject({ code: "unexpected_answer", status: 307 });
  expect(asked).toBe(0);
});

test.each(["<html>", "{}", '[{"slot_id":1}]', ""])("the answer %j is refused, not handed on", async (body) => {
  const client = await clientOf((_, response) => response.end(body));
  await expect(client.listSlots()).rejects.toMatchObject({ code: "unexpected_answer", status: 200 });
});

test("what is text is handed on as text", async () => {
  const client = await clientOf((request, response) => response.end(`you asked for ${request.url}`));
  expect(await client.readArtifact({ params: { id: RUN }, query: { uri: `artifact:${RUN}/a.log` } })).toBe(
    `you asked for /api/runs/${RUN}/artifacts/content?uri=artifact%3A${RUN}%2Fa.log`,
  );
});

test.each(["", ".", ".."])("the path segment %j never leaves", async (id) => {
  const client = createClient({ baseUrl: "http://api", fetch: () => Promise.reject(new Error("asked")) });
  await expect(client.getRun({ params: { id } })).rejects.toMatchObject({ code: "invalid_request" });
});

test("a call can be given up", async () => {
  const client = await clientOf(() => undefined);
  const giveUp = new AbortController();
  const asked = client.listSlots({ signal: giveUp.signal });
  giveUp.abort();
  await expect(asked).rejects.toMatchObject({ name: "AbortError" });
});

test("no two endpoints are the same, and every path is the documents'", () => {
  const routes = Object.values(ENDPOINTS).map(({ method, path }) => `${method} ${path}`);
  expect(new Set(routes).size).toBe(routes.length);
  expect(routes.filter((route) => !/^(GET|POST|DELETE) (\/[a-z-]+|\/\{(id|slot|release_id)\})+$/.test(route))).toEqual(
    [],
  );
});

async function clientOf(answer: RequestListener): Promise<Client> {
  return createClient({ baseUrl: `${await serve(answer)}/`, token: "t0ken", fetch });
}

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
