import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import {
  apiHost,
  apiPort,
  appHost,
  caddyPort,
  defineContract,
  frontendPort,
  previewHost,
  slotIds,
  webMainPort,
  workerHost,
  workerPort,
} from "@oroboros/slot-contract";
import { canMount, eventually, rounds, takePortOffset } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { withCaddy } from "./testing/caddy.ts";
import { ask, echo, listenOn } from "./testing/upstream.ts";

/** For so long Caddy holds a request whose upstream is away. */
const HELD_MS = 5_000;

const aContract = async () => defineContract({ portOffset: await takePortOffset(), slotCount: 2 });

test("each host of the documents reaches its own upstream, and no other host reaches any", async () => {
  const contract = await aContract();
  const routes: [string, number][] = [
    [appHost(contract), webMainPort(contract)],
    [apiHost(contract), apiPort(contract)],
    [workerHost(contract), workerPort(contract)],
    ...slotIds(contract).map((slot): [string, number] => [previewHost(contract, slot), frontendPort(contract, slot)]),
  ];
  await using stack = new AsyncDisposableStack();
  for (const [host, port] of routes) stack.use(await listenOn(port, echo(host)));
  const port = caddyPort(contract);
  await withCaddy({ portOffset: contract.portOffset, slotCount: 2 }, async () => {
    for (const [host] of routes) {
      const { status, body } = await ask({ port, host, path: "/health?x=1" });
      expect({ status, ...(JSON.parse(body) as object) }).toMatchObject({
        status: 200,
        name: host,
        url: "/health?x=1",
      });
    }
    const unknown = ["evil.example", `127.0.0.1:${port}`, "localhost", "preview3.example.com", "x.app.example.com"];
    for (const host of [...unknown, "app.example.com.evil.example", "[::1]"])
      expect({ host, ...(await ask({ port, host })) }).toMatchObject({ host, status: 404, body: "No such host here." });
    expect(await ask({ port, host: appHost(contract).toUpperCase() })).toMatchObject({ status: 200 });
  });
});

test("an upstream is told the host that was asked for, and nothing that a client only claims", async () => {
  const contract = await aContract();
  await using _app = await listenOn(webMainPort(contract), echo("app"));
  await withCaddy({ portOffset: contract.portOffset, slotCount: 2 }, async () => {
    const headers = {
      "x-forwarded-for": "203.0.113.9",
      "x-forwarded-host": "evil.example",
      "x-forwarded-proto": "https",
      forwarded: "for=203.0.113.9",
    };
    const { body } = await ask({ port: caddyPort(contract), host: appHost(contract), headers });
    const got = (JSON.parse(body) as { headers: Record<string, string> }).headers;
    expect(got).toMatchObject({
      host: appHost(contract),
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-host": appHost(contract),
      "x-forwarded-proto": "http",
    });
    expect(got).not.toHaveProperty("forwarded");
  });
});

test("a dead upstream is waited for, then reported, and no secret of the request is logged", async () => {
  const contract = await aContract();
  await withCaddy({ portOffset: contract.portOffset, slotCount: 2 }, async ({ log }) => {
    const startedAt = performance.now();
    const { status } = await ask({
      port: caddyPort(contract),
      host: apiHost(contract),
      path: "/api/runs?token=s3cret-query",
      headers: { authorization: "Bearer s3cret-token", cookie: "a=s3cret-cookie", "x-api-key": "s3cret-key" },
    });
    expect(performance.now() - startedAt).toBeGreaterThan(0.9 * HELD_MS);
    expect(status).toBe(502);
    await eventually(() => log().includes('"status":502'), { deadlineMs: 20_000 });
    expect(log()).toContain(`dial tcp 127.0.0.1:${apiPort(contract)}: connect: connection refused`);
    expect(log()).toContain(apiHost(contract));
    expect(log()).toContain("/api/runs");
    expect(log()).not.toContain("s3cret");
  });
});

test("a request that meets a restarting upstream is answered by its successor", async () => {
  const contract = await aContract();
  const to = { port: caddyPort(contract), host: apiHost(contract) };
  await withCaddy({ portOffset: contract.portOffset, slotCount: 2 }, async () => {
    let isInTime = false;
    // A successor that a busy machine let wait for longer than Caddy holds a request proves nothing.
    while (!isInTime) {
      let attempts = 0;
      const dying = await listenOn(apiPort(contract), echo("nobody"));
      dying.on("connection", (socket) => {
        attempts += 1;
        socket.resetAndDestroy();
      });
      const startedAt = performance.now();
      const waiting = [ask(to), ask(to), ask(to)];
      await eventually(() => attempts > waiting.length, { deadlineMs: 20_000 });
      await dying[Symbol.asyncDispose]();
      await using _api = await listenOn(apiPort(contract), echo("successor"));
      isInTime = performance.now() - startedAt < HELD_MS / 2;
      const answers = await Promise.all(waiting);
      for (const { status, body } of isInTime ? answers : [])
        expect({ status, body }).toMatchObject({ status: 200, body: expect.stringContaining("successor") as string });
    }
  });
});

test("a WebSocket passes in both directions", async () => {
  const contract = await aContract();
  await using server = await listenOn(webMainPort(contract), echo("app"));
  server.on("upgrade", (_request, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    socket.pipe(socket);
  });
  await withCaddy({ portOffset: contract.portOffset, slotCount: 2 }, async () => {
    const socket = connect(caddyPort(contract), "127.0.0.1");
    let heard = "";
    socket.on("data", (chunk: Buffer) => (heard += chunk.toString()));
    socket.write(
      `GET /live HTTP/1.1\r\nHost: ${appHost(contract)}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    await eventually(() => heard.includes("\r\n\r\n"), { deadlineMs: 20_000 });
    expect(heard).toMatch(/^HTTP\/1\.1 101 /);
    socket.write("said and heard");
    await eventually(() => heard.endsWith("said and heard"), { deadlineMs: 20_000 });
    const closed = once(socket, "close");
    socket.destroy();
    await closed;
  });
});

test("events are passed on as they come, not when the stream ends", async () => {
  const contract = await aContract();
  await using _api = await listenOn(apiPort(contract), (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: first\n\n");
  });
  await withCaddy({ portOffset: contract.portOffset, slotCount: 2 }, async () => {
    const socket = connect(caddyPort(contract), "127.0.0.1");
    let heard = "";
    socket.on("data", (chunk: Buffer) => (heard += chunk.toString()));
    socket.write(`GET /api/events HTTP/1.1\r\nHost: ${apiHost(contract)}\r\n\r\n`);
    await eventually(() => heard.includes("data: first"), { deadlineMs: 20_000 });
    socket.destroy();
  });
});

test.skipIf(!canMount)("reloads under load lose no new connection where the kernel hands on what waits", () => {
  const program = join(import.meta.dirname, "testing/reload-under-load.ts");
  const inside = 'ip link set lo up && echo 1 > /proc/sys/net/ipv4/tcp_migrate_req && exec "$@"';
  const reloads = rounds(100);
  const node = [process.execPath, "--conditions=oroboros-source", program, String(reloads)];
  const out = execFileSync("unshare", ["--net", "sh", "-c", inside, "sh", ...node], { encoding: "utf8" });
  const statuses = JSON.parse(out) as Record<string, number>;
  expect(Object.keys(statuses)).toEqual(["200"]);
  expect(statuses["200"]).toBeGreaterThan(8 * reloads);
});
