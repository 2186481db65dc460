import { connect, createServer, type AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { tcpProbe } from "./tcp-probe.ts";

const never = new AbortController().signal;

test("a port that accepts is healthy, and the connection is closed again", async () => {
  const closed = Promise.withResolvers<void>();
  const server = createServer((socket) => socket.on("close", closed.resolve).resume());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const answer = await tcpProbe({ name: "queue", host: "127.0.0.1", port, connect }).check(never);
  expect(answer).toEqual({ healthy: true, detail: `127.0.0.1:${port} accepts connections` });
  await closed.promise;
});

test("a closed port is not, and says why", async () => {
  const answer = await tcpProbe({ name: "queue", host: "127.0.0.1", port: 1, connect }).check(never);
  expect(answer).toEqual({ healthy: false, detail: "127.0.0.1:1 refused: ECONNREFUSED" });
});

test("a host that never answers is left when the signal aborts", async () => {
  const stop = new AbortController();
  let destroyed = false;
  const silent = { once: () => stop.abort(), destroy: () => (destroyed = true) };
  const probe = tcpProbe({ name: "queue", host: "192.0.2.1", port: 6379, connect: () => silent });
  expect(await probe.check(stop.signal)).toEqual({ healthy: false, detail: "192.0.2.1:6379 did not accept in time" });
  expect(destroyed).toBe(true);
});
