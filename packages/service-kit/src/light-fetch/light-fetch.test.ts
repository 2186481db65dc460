import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { connect, createServer as createNetServer, type AddressInfo, type Server } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { lightFetch } from "./light-fetch.ts";

// What Node has itself is the reference.
describe.each([
  ["the light fetch", lightFetch],
  ["Node's fetch", fetch],
])("%s", (_name, anyFetch) => {
  const ask = (url: string, init: RequestInit = {}): Promise<Response> =>
    anyFetch(url, { redirect: "manual", ...init });

  test("asks with a method, headers and a body, and gives the answer's", async () => {
    const url = await served(async (request, response) => {
      const { method, url: path } = request;
      const echo = { method, path, own: request.headers["x-own"], length: request.headers["content-length"] };
      response.writeHead(201, "Made", { "set-cookie": ["a=1", "b=2"], "x-a": "1" });
      response.end(JSON.stringify({ ...echo, text: await textOf(request) }));
    });
    const answer = await ask(`${url}/p?q=1`, { method: "POST", headers: { "x-own": "2" }, body: "caf\u00e9" });
    const { status, statusText, headers } = answer;
    expect([status, statusText, headers.get("x-a"), headers.getSetCookie()]).toEqual([
      201,
      "Made",
      "1",
      ["a=1", "b=2"],
    ]);
    const echo = { method: "POST", path: "/p?q=1", own: "2", length: "5", text: "caf\u00e9" };
    expect(await answer.json()).toEqual(echo);
  });

  test("follows no redirect", async () => {
    const url = await served((_request, response) => response.writeHead(307, { location: "/else" }).end());
    const answer = await ask(url);
    expect([answer.status, answer.headers.get("location")]).toEqual([307, "/else"]);
  });

  test("knows answers that have no body", async () => {
    const url = await served((_request, response) => response.writeHead(204).end());
    const answer = await ask(url);
    expect([answer.status, answer.body, await answer.text()]).toEqual([204, null, ""]);
  });

  test("says why there is no answer", async () => {
    const url = await served((request) => request.socket.destroy());
    await expect(ask(url)).rejects.toMatchObject({
      name: "TypeError",
      message: "fetch failed",
      cause: expect.any(Error),
    });
    await expect(ask(await nobodyThere())).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
  });

  test.each(["connection: upgrade\r\nupgrade: x\r\n", ""])(
    "does not wait on a neighbour that changes the protocol, and lets go of the connection (%j)",
    async (headers) => {
      const closed = Promise.withResolvers<void>();
      const neighbour = createNetServer((socket) => {
        socket.once("data", () => socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headers}\r\n`));
        socket.on("error", () => undefined).once("close", () => closed.resolve());
      });
      const stop = AbortSignal.timeout(20_000);
      await expect(ask(await listening(neighbour), { signal: stop })).rejects.toMatchObject({
        name: "TypeError",
        cause: expect.any(Error),
      });
      await closed.promise;
    },
  );

  test("ends with its signal's reason, before and while it waits and while the body comes", async () => {
    const url = await served((request, response) => void (request.url === "/body" && response.write("begun")));
    const reason = new Error("enough");
    await expect(ask(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(ask(url, { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({ name: "TimeoutError" });
    const stop = new AbortController();
    const answer = await ask(`${url}/body`, { signal: stop.signal });
    const read = answer.text();
    stop.abort(reason);
    await expect(read).rejects.toThrow();
  });

  test("closes the connection of an answer that nobody reads on", async () => {
    const closed = Promise.withResolvers<void>();
    const url = await served((request, response) => {
      request.socket.once("close", () => closed.resolve());
      response.write("x".repeat(100_000));
    });
    const answer = await ask(url);
    for await (const chunk of answer.body ?? []) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await closed.promise;
  });
});

test("the light fetch asks only where it may not be led elsewhere", async () => {
  await expect(lightFetch("http://127.0.0.1:1")).rejects.toThrow("redirect manual");
});

async function served(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  onTestFinished(() => server.closeAllConnections());
  return listening(server);
}

async function listening(server: Server): Promise<string> {
  onTestFinished(() => void server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The near end of an open connection has a port that nobody else is given, and nobody listens on. */
async function nobodyThere(): Promise<string> {
  const { port } = new URL(await listening(createNetServer((socket) => socket.on("error", () => undefined))));
  const socket = connect(Number(port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return `http://127.0.0.1:${socket.localPort}`;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
