import { once } from "node:events";
import { Agent, createServer, get, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { drain } from "./drain.ts";
import { listenLoopback } from "./listen-loopback.ts";

test("a request on an open connection during the linger is answered and told to close", async () => {
  const { server, port, agent } = await aServer((_request, response) => response.end("ok"));
  await Promise.all([once(agent, "free"), ask(port, agent)]);
  const drained = drain(server, { lingerMs: 60_000, deadlineMs: 60_000 });
  const answer = await ask(port, agent);
  expect({ status: answer.statusCode, connection: answer.headers.connection }).toEqual({
    status: 200,
    connection: "close",
  });
  await drained;
});

test("who comes during the linger is answered as well, and told to close", async () => {
  const { server, port, agent } = await aServer((_request, response) => response.end("ok"));
  await Promise.all([once(agent, "free"), ask(port, agent)]);
  const drained = drain(server, { lingerMs: 60_000, deadlineMs: 60_000 });
  const other = new Agent({ keepAlive: true });
  onTestFinished(() => other.destroy());
  expect((await ask(port, other)).headers.connection).toBe("close");
  agent.destroy();
  await drained;
});

test("a server that nobody is connected to ends at once", async () => {
  const { server } = await aServer((_request, response) => response.end("ok"));
  await drain(server, { lingerMs: 60_000, deadlineMs: 60_000 });
});

test("a request that has arrived by the end of the linger, but is not read yet, is answered", async () => {
  const { server, port } = await aServer((_request, response) => response.end("ok"));
  const client = connect(port, "127.0.0.1");
  const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  client.setEncoding("utf8").write(request);
  await once(client, "data");
  const drained = drain(server, { lingerMs: 100, deadlineMs: 60_000 });
  // After a first look, while the server waits.
  await new Promise((resolve) => setImmediate(resolve));
  client.write(request);
  const end = performance.now() + 200;
  while (performance.now() < end);
  expect(String((await once(client, "data"))[0])).toContain("200 OK");
  await drained;
});

test("nothing new is accepted after the linger", async () => {
  const release = Promise.withResolvers<void>();
  const { server, port, agent } = await aServer(
    (_request, response) => void release.promise.then(() => response.end()),
  );
  const busy = ask(port, agent);
  await once(server, "request");
  const drained = drain(server, { lingerMs: 0, deadlineMs: 60_000 });
  const [error] = (await once(connect(port, "127.0.0.1"), "error").catch((caught: unknown) => [caught])) as [
    NodeJS.ErrnoException,
  ];
  expect(error.code).toBe("ECONNREFUSED");
  release.resolve();
  await Promise.all([busy, drained]);
});

test("a request under way is finished, and its connection closed once idle", async () => {
  const release = Promise.withResolvers<void>();
  const { server, port, agent } = await aServer((_request, response) => {
    response.write("be");
    void release.promise.then(() => response.end("gun"));
  });
  const answer = ask(port, agent);
  await once(server, "request");
  const drained = drain(server, { lingerMs: 0, deadlineMs: 60_000 });
  release.resolve();
  expect(await readAll(await answer)).toBe("begun");
  await drained;
});

test("a client that never finishes is cut off at the deadline", async () => {
  const { server, port } = await aServer((_request, response) => response.write("for ever"));
  const client = connect(port, "127.0.0.1").on("error", () => undefined);
  client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await once(server, "request");
  const closed = once(client.resume(), "close");
  await drain(server, { lingerMs: 0, deadlineMs: 20 });
  await closed;
});

async function aServer(listener: RequestListener): Promise<{ server: Server; port: number; agent: Agent }> {
  const server = createServer({ keepAliveTimeout: 60_000 }, listener);
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => {
    agent.destroy();
    server.close().closeAllConnections();
  });
  return { server, port: await listenLoopback(server, 0), agent };
}

async function ask(port: number, agent: Agent): Promise<IncomingMessage> {
  const [answer] = (await once(get({ port, host: "127.0.0.1", agent }), "response")) as [IncomingMessage];
  if (answer.headers["transfer-encoding"] === undefined) answer.resume();
  return answer;
}

async function readAll(answer: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of answer) text += String(chunk);
  return text;
}
