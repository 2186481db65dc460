import { createServer as createHttpServer, type RequestListener } from "node:http";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { siteProbe } from "./site-probe.ts";

const never = new AbortController().signal;
const SITE = "http://app.example.com/health";

test("a site is asked for by its name at another address, and a 2xx answer is healthy", async () => {
  const asked: unknown[] = [];
  const port = await serve((request, response) => {
    asked.push([request.headers.host, request.url]);
    response.end("ok");
  });
  expect(await check(port)).toEqual({ healthy: true, detail: `${SITE} answered 200` });
  expect(asked).toEqual([["app.example.com", "/health"]]);
});

test("any other answer is not", async () => {
  const port = await serve((_request, response) => response.writeHead(502).end());
  expect(await check(port)).toEqual({ healthy: false, detail: `${SITE} answered 502` });
});

test("a redirect is never followed, whatever it leads to and whatever is accepted", async () => {
  const location = "http://127.0.0.1:1/";
  const port = await serve((_request, response) => response.writeHead(307, { location }).end());
  const detail = `${SITE} answered 307 to ${location}; redirects are not followed`;
  expect(await check(port, { accepts: () => true })).toEqual({ healthy: false, detail });
});

test("what a probe accepts is up to it", async () => {
  const port = await serve((_request, response) => response.writeHead(404).end());
  expect(await check(port, { accepts: (status) => status === 404 })).toMatchObject({ healthy: true });
});

test("the judge sees status and body, however the body comes, and its objection is the detail", async () => {
  const judge = ({ status, body }: { status: number; body: string }) => `said ${status} ${body}`;
  const whole = await serve((_request, response) => response.setHeader("content-length", 5).end("hällo".slice(0, 4)));
  expect(await check(whole, { judge })).toEqual({ healthy: false, detail: `${SITE} said 200 häll` });
  const inPieces = await serve((_request, response) => {
    response.write("hel");
    response.end("lo");
  });
  expect(await check(inPieces, { judge })).toEqual({ healthy: false, detail: `${SITE} said 200 hello` });
});

test("an answer is whole at its length, although the connection stays open", async () => {
  const port = await speak((socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  expect(await check(port)).toMatchObject({ healthy: true });
});

test("hints before the answer are none", async () => {
  const port = await speak((socket) =>
    socket.end("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 503 No\r\n\r\n"),
  );
  expect(await check(port)).toEqual({ healthy: false, detail: `${SITE} answered 503` });
});

test("a path can say nothing but a path", async () => {
  const asked: unknown[] = [];
  const port = await serve((request, response) => {
    asked.push(request.url, request.headers.host, request.headers["x-evil"]);
    response.end();
  });
  await check(port, { path: "//b/ HTTP/1.0\r\nX-Evil: yes" });
  expect(asked).toEqual(["//b/%20HTTP/1.0X-Evil:%20yes", "app.example.com", undefined]);
});

test("what is no HTTP is told so", async () => {
  const port = await speak((socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"));
  expect(await check(port)).toEqual({ healthy: false, detail: `${SITE} answered something that is not HTTP` });
});

test("a server that sends without end is cut off", async () => {
  const port = await speak((socket) => {
    socket.write("HTTP/1.0 200 OK\r\n\r\n");
    socket.on("drain", () => socket.write("x".repeat(65_536))).write("x".repeat(65_536));
  });
  expect(await check(port)).toMatchObject({ healthy: true });
});

test("nobody there, a connection that is closed without a word and one that hangs are told apart", async () => {
  expect(await check(1)).toEqual({ healthy: false, detail: `${SITE} refused: ECONNREFUSED` });
  const closed = await speak((socket) => socket.end());
  expect(await check(closed)).toEqual({ healthy: false, detail: `${SITE} closed the connection without an answer` });
  const stop = new AbortController();
  const hung = await speak(() => stop.abort());
  expect(await check(hung, {}, stop.signal)).toEqual({ healthy: false, detail: `${SITE} did not answer in time` });
});

type Extras = Partial<Parameters<typeof siteProbe>[0]>;

function check(port: number, extras: Extras = {}, signal = never) {
  const asked = { name: "app", target: SITE, host: "127.0.0.1", port, path: "/health", site: "app.example.com" };
  return siteProbe({ ...asked, connect, ...extras }).check(signal);
}

async function serve(listener: RequestListener): Promise<number> {
  const server = createHttpServer(listener);
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Once the request is there. */
async function speak(say: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => undefined).once("data", () => say(socket));
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
