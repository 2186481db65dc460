import { connect, createServer, type AddressInfo } from "node:net";
import { startRedis, type TestRedis } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { redisProbe } from "./redis-probe.ts";

const never = new AbortController().signal;
const check = (url: string, signal = never) => redisProbe({ name: "redis", url, connect }).check(signal);
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.stop());

test("a Redis that answers PONG is healthy", async () => {
  expect(await check(`${redis.url}/0`)).toEqual({ healthy: true, detail: `127.0.0.1:${redis.port} answered PONG` });
});

test("a wrong password is told by what the server says of it, and not said", async () => {
  const { healthy, detail } = await check(`redis://nobody:tuna%20fish@127.0.0.1:${redis.port}/0`);
  expect(healthy).toBe(false);
  expect(detail).toMatch(/answered WRONGPASS/);
  expect(detail).not.toContain("tuna");
});

test("the password is presented before PING", async () => {
  const server = createServer((socket) => {
    let asked = "";
    socket.on("data", (chunk) => {
      asked += String(chunk);
      if (asked.endsWith("PING\r\n"))
        socket.end(asked.includes("AUTH\r\n$8\r\nköder %\r\n") ? "+OK\r\n+PONG\r\n" : "-NOAUTH\r\n");
    });
  });
  const port = await listen(server);
  expect(await check(`redis://:${encodeURIComponent("köder %")}@127.0.0.1:${port}`)).toMatchObject({ healthy: true });
  expect(await check(`redis://127.0.0.1:${port}`)).toMatchObject({ detail: `127.0.0.1:${port} answered NOAUTH` });
});

test.each([
  ["-LOADING Redis is loading the dataset in memory\r\n", "answered LOADING Redis is loading the dataset in memory"],
  ["-MISCONF errors writing to disk\r\n", "answered MISCONF errors writing to disk"],
  ["HTTP/1.1 400 Bad Request\r\n\r\n", "answered something that no Redis says"],
  ["noise", "is no Redis"],
])("a server that says %j is not healthy", async (said, detail) => {
  const port = await listen(createServer((socket) => socket.end(said)));
  expect(await check(`redis://127.0.0.1:${port}`)).toEqual({ healthy: false, detail: `127.0.0.1:${port} ${detail}` });
});

test("a Redis that hangs is left when the signal aborts", async () => {
  const stop = new AbortController();
  const port = await listen(createServer((socket) => socket.once("data", () => stop.abort())));
  const detail = `127.0.0.1:${port} did not answer in time`;
  expect(await check(`redis://127.0.0.1:${port}`, stop.signal)).toEqual({ healthy: false, detail });
});

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  onTestFinished(() => void server.close());
  server.on("connection", (socket) => onTestFinished(() => void socket.destroy()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
