import { createServer, type AddressInfo } from "node:net";
import { startPostgres, type TestPostgres } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { postgresProbe } from "./postgres-probe.ts";

const never = new AbortController().signal;
let server: TestPostgres;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

test("a database that answers is healthy and named", async () => {
  const probe = postgresProbe({ name: "database", connectionString: server.superuserUrl("template1") });
  expect(await probe.check(never)).toEqual({ healthy: true, detail: "template1 answers" });
});

test("a database that is not there is named by its error code", async () => {
  const probe = postgresProbe({ name: "database", connectionString: server.superuserUrl("app_preview_9") });
  expect(await probe.check(never)).toEqual({ healthy: false, detail: "The database does not answer: 3D000" });
});

test("a wrong password is refused without being said", async () => {
  const url = new URL(server.superuserUrl());
  url.password = "swordfish";
  const answer = await postgresProbe({ name: "database", connectionString: url.href }).check(never);
  expect(answer).toEqual({ healthy: false, detail: "The database does not answer: 28P01" });
});

test("a server that accepts and stays silent is left when the signal aborts", async () => {
  const stop = new AbortController();
  const silent = createServer((socket) => {
    onTestFinished(() => void socket.destroy());
    stop.abort();
  });
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as AddressInfo;
  const probe = postgresProbe({ name: "database", connectionString: `postgresql://nobody@127.0.0.1:${port}/none` });
  expect(await probe.check(stop.signal)).toEqual({ healthy: false, detail: "The database did not answer in time" });
});
