import { once } from "node:events";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createNetServer, type AddressInfo, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { anUpstream, aPortWithoutBackend, ask, askRaw, aSurface } from "./testing/a-surface.ts";

test("a request reaches the backend with its path, query, method and body as they were", async () => {
  const apiPort = await anUpstream(async (incoming, response) => {
    response.writeHead(201, { "x-answer": "yes", "set-cookie": ["a=1", "b=2"] });
    response.end(`${incoming.method} ${incoming.url} ${await readAll(incoming)}`);
  });
  const { port } = await aSurface({ apiPort });
  const answer = await ask(port, "/api/items/%2e?q=a%20b", { method: "PUT" }, "hello");
  expect(answer).toMatchObject({ status: 201, body: "PUT /api/items/%2e?q=a%20b hello" });
  expect(answer.headers).toMatchObject({ "x-answer": "yes", "set-cookie": ["a=1", "b=2"] });
  expect((await ask(port, "/api")).body).toBe("GET /api ");
});

test("only paths below /api are passed on", async () => {
  const apiPort = await anUpstream((_request, response) => response.end("backend"));
  const { port, publish } = await aSurface({ apiPort });
  await publish();
  for (const path of ["/apiary", "/health", "/API/x", "/x/api/y"])
    expect((await ask(port, path)).body).not.toBe("backend");
});

test("what concerns one connection, and what a client says about others, is not passed on", async () => {
  const apiPort = await anUpstream((incoming, response) => response.end(JSON.stringify(incoming.headers)));
  const { port } = await aSurface({ apiPort });
  const { body } = await ask(port, "/api/headers", {
    headers: {
      host: "preview1.example.com",
      connection: "close, X-Internal, X-Forwarded-For",
      "x-internal": "1",
      "keep-alive": "timeout=5",
      "proxy-authorization": "Basic x",
      te: "trailers",
      forwarded: "for=1.2.3.4",
      "x-real-ip": "1.2.3.4",
      "x-forwarded-for": "1.2.3.4",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "evil.example",
      "x-forwarded-port": "1",
      authorization: "Bearer app",
      "x-trace-id": "t1",
    },
  });
  expect(JSON.parse(body)).toEqual({
    host: `127.0.0.1:${apiPort}`,
    authorization: "Bearer app",
    "x-trace-id": "t1",
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-proto": "http",
    "x-forwarded-host": "preview1.example.com",
    connection: "keep-alive",
  });
});

test.each([
  ["__Host-oroboros_session=oro_secret", undefined],
  ["__host-OROBOROS_session=oro_secret", undefined],
  ["a=1; __Host-oroboros_session=oro_secret; b=2", "a=1; b=2"],
  ["__Host-oroboros_session=oro_secret;b=2", "b=2"],
  ["a=__Host-oroboros; __Host-other=1", "a=__Host-oroboros; __Host-other=1"],
])("of the cookies %s a branch's code is given %s", async (cookie, passed) => {
  const apiPort = await anUpstream((incoming, response) => {
    response.writeHead(200, { "set-cookie": ["a=1", "__Host-oroboros_session=planted; Secure; Path=/"] });
    response.end(JSON.stringify(incoming.headers));
  });
  const { port } = await aSurface({ apiPort });
  const answer = await ask(port, "/api/cookies", { headers: { cookie } });
  expect(JSON.parse(answer.body)).toMatchObject({ host: `127.0.0.1:${apiPort}` });
  expect((JSON.parse(answer.body) as { cookie?: string }).cookie).toBe(passed);
  expect(answer.headers["set-cookie"]).toEqual(["a=1"]);
});

test("the console's cookies pass through web-main, and nobody is taken for the host's operator by it", async () => {
  const apiPort = await anUpstream((incoming, response) => {
    response.writeHead(200, { "set-cookie": ["__Host-oroboros_session=fresh; Secure; Path=/"] });
    response.end(JSON.stringify(incoming.headers));
  });
  const { port } = await aSurface({ apiPort, isMain: true });
  const headers = {
    host: "app.example.com",
    cookie: "__Host-oroboros_session=oro_secret",
    "x-forwarded-for": "1.2.3.4",
  };
  const answer = await ask(port, "/api/runs", { headers });
  expect(answer.headers["set-cookie"]).toEqual(["__Host-oroboros_session=fresh; Secure; Path=/"]);
  expect(JSON.parse(answer.body)).toMatchObject({
    cookie: "__Host-oroboros_session=oro_secret",
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-host": "app.example.com",
    "x-forwarded-proto": "http",
  });
});

test("the answer's own hop-by-hop headers stay behind as well", async () => {
  const apiPort = await rawUpstream(
    "HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nX-End: 1\r\nContent-Length: 2\r\n\r\nok",
  );
  const { port } = await aSurface({ apiPort });
  const { headers, body } = await ask(port, "/api/x");
  expect({ body, end: headers["x-end"], hop: headers["x-hop"], alive: headers["keep-alive"] }).toEqual({
    body: "ok",
    end: "1",
  });
});

test("a body stays one body, whatever Connection names", async () => {
  const paths: unknown[] = [];
  const apiPort = await anUpstream(async (incoming, response) => {
    paths.push(incoming.url);
    response.end(await readAll(incoming));
  });
  const { port } = await aSurface({ apiPort });
  const smuggled = "GET /api/admin HTTP/1.1\r\nHost: x\r\n\r\n";
  const head = `GET /api/x HTTP/1.1\r\nHost: x\r\nConnection: close, Content-Length, Transfer-Encoding\r\n`;
  const sized = await askRaw(port, `${head}Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`);
  const chunked = await askRaw(
    port,
    `${head}Transfer-Encoding: chunked\r\n\r\n${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
  );
  for (const answer of [sized, chunked]) expect(answer).toContain("GET /api/admin");
  expect(paths).toEqual(["/api/x", "/api/x"]);
});

test("events arrive one by one while the answer is still open", async () => {
  const apiPort = await anUpstream((incoming, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    incoming.socket.on("close", () => gone.resolve());
    next = (event) => void response.write(`data: ${event}\n\n`);
  });
  let next: (event: string) => void = () => undefined;
  const gone = Promise.withResolvers<void>();
  const { port } = await aSurface({ apiPort });
  const [stream] = (await once(
    request({ port, host: "127.0.0.1", path: "/api/events", agent: false }).end(),
    "response",
  )) as [IncomingMessage];
  for (const event of ["one", "two", "three"]) {
    next(event);
    expect(String((await once(stream, "data"))[0])).toBe(`data: ${event}\n\n`);
  }
  stream.destroy();
  await gone.promise;
});

test("a big upload flows at the backend's pace and arrives whole", async () => {
  const size = 32 * 1024 * 1024;
  const paused = Promise.withResolvers<void>();
  let taken = (): number => 0;
  let lead = 0;
  const apiPort = await anUpstream(async (incoming, response) => {
    // Nothing is read here until the surface stops reading as well.
    await paused.promise;
    let bytes = 0;
    for await (const chunk of incoming) {
      bytes += (chunk as Buffer).length;
      lead = Math.max(lead, taken() - bytes);
    }
    response.end(String(bytes));
  });
  const { port, server } = await aSurface({ apiPort });
  server.once("request", (incoming: IncomingMessage) => {
    taken = () => incoming.socket.bytesRead;
    incoming.once("pause", paused.resolve);
  });
  expect(await ask(port, "/api/upload", { method: "POST" }, "x".repeat(size))).toMatchObject({
    status: 200,
    body: String(size),
  });
  expect(lead).toBeLessThan(size / 2);
  // Node would otherwise cut every request that takes longer than five minutes to arrive.
  expect(server.requestTimeout).toBe(0);
});

test("a backend that answers before it has the whole upload is heard, and the connection goes on", async () => {
  const apiPort = await netServer((socket) => {
    socket.once("data", () => socket.pause().write("HTTP/1.1 413 Too Large\r\nContent-Length: 7\r\n\r\ntoo big"));
  });
  const { port } = await aSurface({ apiPort });
  const body = "x".repeat(8_000_000);
  const answer = await askRaw(
    port,
    `POST /api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*too big[\s\S]*HTTP\/1\.1 503 /);
});

test("a request is held while the backend restarts", async () => {
  const apiPort = await aPortWithoutBackend();
  const { port } = await aSurface({ apiPort, connectAttempts: 1000 });
  const held = ask(port, "/api/items", { method: "POST" }, "kept");
  expect((await ask(port, "/health")).status).toBe(200);
  const backend = createServer((incoming, response) => void readAll(incoming).then((body) => response.end(body)));
  onTestFinished(() => void backend.close());
  await once(backend.listen(apiPort, "127.0.0.1"), "listening");
  expect(await held).toMatchObject({ status: 200, body: "kept" });
});

test("a backend that stays away is 502, and the hint names the slot", async () => {
  const { port } = await aSurface({ apiPort: await aPortWithoutBackend(), connectAttempts: 3 });
  const answer = await ask(port, "/api/items");
  expect(answer).toMatchObject({ status: 502, headers: { "content-type": "application/problem+json" } });
  expect(JSON.parse(answer.body)).toMatchObject({
    code: "unreachable",
    hint: expect.stringContaining("--slot preview-1"),
  });
});

test("an api that stays away is 502, and the hint is about the host", async () => {
  const { port } = await aSurface({ apiPort: await aPortWithoutBackend(), connectAttempts: 3, isMain: true });
  expect(JSON.parse((await ask(port, "/api/runs")).body)).toMatchObject({
    code: "unreachable",
    detail: "The api does not accept connections.",
    hint: expect.stringContaining("host health-check"),
  });
});

test("a backend that is not there is not asked for a client that left", async () => {
  const apiPort = await aPortWithoutBackend();
  const { port, server } = await aSurface({ apiPort, connectAttempts: 1000 });
  const impatient = request({ port, host: "127.0.0.1", path: "/api/items", agent: false }).on("error", () => undefined);
  impatient.end();
  const [, response] = (await once(server, "request")) as [IncomingMessage, ServerResponse];
  impatient.destroy();
  await once(response, "close");
  const reached: unknown[] = [];
  const backend = createServer((incoming, answer) => {
    reached.push(incoming.url);
    answer.end();
  });
  onTestFinished(() => void backend.close());
  await once(backend.listen(apiPort, "127.0.0.1"), "listening");
  await ask(port, "/api/later");
  expect(reached).toEqual(["/api/later"]);
});

test.each([
  ["hangs up without an answer", ""],
  ["speaks something else", "220 smtp ready\r\n"],
  ["switches protocols unasked", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"],
  ["answers with an impossible status", "HTTP/1.1 099 What\r\nContent-Length: 0\r\n\r\n"],
])("a backend that %s is 502, and the surface lives on", async (_, bytes) => {
  const { port, failures } = await aSurface({ apiPort: await rawUpstream(bytes) });
  expect((await ask(port, "/api/items")).status).toBe(502);
  expect((await ask(port, "/health")).status).toBe(200);
  expect(failures).toEqual([]);
});

test("a backend that thinks for too long is 504", async () => {
  const abandoned = Promise.withResolvers<void>();
  const apiPort = await anUpstream((incoming) => incoming.socket.on("close", abandoned.resolve));
  const { port } = await aSurface({ apiPort, answerTimeoutMs: 20 });
  expect(JSON.parse((await ask(port, "/api/slow")).body)).toMatchObject({ status: 504, code: "unreachable" });
  await abandoned.promise;
});

test("an answer that breaks off in the middle breaks off for the client too", async () => {
  const { port } = await aSurface({ apiPort: await rawUpstream("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") });
  await expect(ask(port, "/api/items")).rejects.toThrow(/aborted|hang up/);
});

test("a redirect is the client's to follow", async () => {
  const apiPort = await anUpstream((_incoming, response) =>
    response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
  );
  const { port } = await aSurface({ apiPort });
  expect(await ask(port, "/api/login")).toMatchObject({ status: 302, headers: { location: "http://127.0.0.1:1/" } });
});

/** A backend that sends these bytes to whoever sends something, and hangs up. */
const rawUpstream = (bytes: string): Promise<number> =>
  netServer((socket) => socket.once("data", () => socket.end(bytes, "latin1")));

async function netServer(serve: (socket: Socket) => void): Promise<number> {
  const server = createNetServer((socket) => serve(socket.on("error", () => undefined)));
  onTestFinished(() => void server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}

async function readAll(stream: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}
