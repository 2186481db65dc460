import { connect, createServer, type AddressInfo } from "node:net";
import { eventually, queryRows, startPostgres, type TestPostgres } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { postgresReadyProbe } from "./postgres-ready-probe.ts";

const never = new AbortController().signal;
const check = (port: number, who: { user?: string; database?: string } = {}) =>
  postgresReadyProbe({
    name: "postgres",
    host: "127.0.0.1",
    port,
    user: "postgres",
    database: "postgres",
    connect,
    ...who,
  }).check(never);
let server: TestPostgres;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

test("a server that asks for a password is ready, although none is given", async () => {
  const detail = `127.0.0.1:${server.port} accepts connections`;
  expect(await check(server.port)).toEqual({ healthy: true, detail });
});

test("one that does not know the user or the database is ready as well, as pg_isready has it", async () => {
  expect(await check(server.port, { user: "nobody", database: "none" })).toMatchObject({ healthy: true });
});

test("it leaves no session behind", async () => {
  await check(server.port);
  const sessions = "select 1 from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()";
  await eventually(async () => (await queryRows(server.superuserUrl(), sessions))[0]?.length === 0, {
    deadlineMs: 20_000,
  });
});

test("one that starts, stops or recovers is not ready", async () => {
  const port = await serve(error("57P03"));
  expect(await check(port)).toEqual({
    healthy: false,
    detail: `127.0.0.1:${port} accepts no connections: it starts, stops or recovers (57P03)`,
  });
});

test("one that has no session left accepts connections, which is all that is asked", async () => {
  expect(await check(await serve(error("53300")))).toMatchObject({ healthy: true });
});

test.each([
  ["HTTP/1.1 400 Bad Request\r\n\r\n", "is no PostgreSQL"],
  ["N", "is no PostgreSQL"],
  ["", "closed the connection without an answer"],
])("a server that answers %j is none", async (said, detail) => {
  const port = await serve(Buffer.from(said));
  expect(await check(port)).toEqual({ healthy: false, detail: `127.0.0.1:${port} ${detail}` });
});

test("nobody there is told by the system's word", async () => {
  expect(await check(1)).toEqual({ healthy: false, detail: "127.0.0.1:1 refused: ECONNREFUSED" });
});

function error(state: string): Buffer {
  const body = Buffer.from(`SFATAL\0C${state}\0Msome text\0\0`);
  const head = Buffer.alloc(5, "E");
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

async function serve(said: Buffer): Promise<number> {
  const listening = createServer((socket) => socket.on("error", () => undefined).once("data", () => socket.end(said)));
  onTestFinished(() => void listening.close());
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  return (listening.address() as AddressInfo).port;
}
