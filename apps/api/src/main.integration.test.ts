import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { appendEvent } from "@oroboros/control-store";
import { listenLoopback } from "@oroboros/service-kit";
import { apiPort, loopbackUrl, type Environment } from "@oroboros/slot-contract";
import { eventually, freePort, takePortOffset } from "@oroboros/test-support";
import { expect, onTestFinished, test } from "vitest";
import { readEventStream } from "./testing/read-event-stream.ts";
import { whileLocked } from "./testing/while-locked.ts";
import { aRun, tokenOf, useApi } from "./testing/use-api.ts";

const api = useApi();
/** Reached only in failure: a process that is started loads all of its source. */
const SOON = { deadlineMs: 60_000 };

test("the api says where it listens, answers over a socket, and ends on SIGTERM with 0", async () => {
  const { runId } = await aRun(api.store);
  const { environment, port } = await freeAddress();
  const child = start(environment);
  expect(await child.firstLine).toMatchObject({ level: "info", service: "api", message: "the api listens", port });
  const headers = { authorization: `Bearer ${tokenOf("viewer")}` };
  const answer = await fetch(`${loopbackUrl(port)}/api/runs/${runId}`, { headers });
  expect(await answer.json()).toMatchObject({ run_id: runId, status: "queued" });
  child.stop();
  expect(await child.exit).toBe(0);
});

test("an open stream of events is ended by SIGTERM, and holds nobody up", async () => {
  const { runId } = await aRun(api.store);
  const { environment, port } = await freeAddress();
  const child = start(environment);
  await child.firstLine;
  const headers = { authorization: `Bearer ${tokenOf("viewer")}` };
  const stream = readEventStream(await fetch(`${loopbackUrl(port)}/api/runs/${runId}/events/stream`, { headers }));
  await eventually(() => stream.events.length === 1, SOON);
  await appendEvent(api.store, { runId, eventType: "step_started", detail: {} });
  await eventually(() => stream.events.length === 2, SOON);
  child.stop();
  await stream.ended;
  expect(await child.exit).toBe(0);
});

test("requests about a run that somebody holds are told so in time, and keep nobody else waiting for long", async () => {
  const { runId } = await aRun(api.store);
  const { environment, port } = await freeAddress();
  const child = start(environment);
  await child.firstLine;
  const headers = { authorization: `Bearer ${tokenOf("operator")}` };
  const ask = (path: string, method: string) => fetch(`${loopbackUrl(port)}/api/runs/${path}`, { method, headers });
  const lock = `select from runs where run_id = '${runId}' for update`;
  const answers = await whileLocked(api.database.url, lock, () =>
    Promise.all([...Array.from({ length: 5 }, () => ask(`${runId}/cancel`, "POST")), ask(runId, "GET")]),
  );
  const told = await Promise.all(answers.slice(0, 5).map(async (answer) => [answer.headers, await answer.json()]));
  for (const [head, problem] of told as [Headers, object][]) {
    expect(problem).toMatchObject({ status: 409, code: "being_changed" });
    expect(head.get("retry-after")).toBe("2");
  }
  expect(await answers[5]?.json()).toMatchObject({ run_id: runId, status: "queued" });
  expect((await ask(`${runId}/cancel`, "POST")).status).toBe(200);
  child.stop();
  expect(await child.exit).toBe(0);
});

test("a started api ends on SIGTERM with 0 although its queue is not there", async () => {
  const { environment, port } = await freeAddress();
  const child = start({ ...environment, REDIS_URL: `redis://127.0.0.1:${await freePort()}` });
  const answers = async () => (await fetch(`${loopbackUrl(port)}/health/ready`)).status === 503;
  expect(await eventually(answers, SOON)).toBe(true);
  child.stop();
  expect(await child.exit).toBe(0);
});

test("without its variables the api names all of them and exits 2", async () => {
  const child = start({ DATABASE_URL: "mysql://swordfish" });
  const line = await child.firstLine;
  expect(line).toMatchObject({ level: "fatal", code: "invalid_environment", hint: expect.stringMatching(/./) });
  expect(JSON.stringify(line)).toMatch(/SLOT_IDS_CSV is missing.*DATABASE_URL must be/);
  expect(JSON.stringify(line)).not.toContain("swordfish");
  expect(await child.exit).toBe(2);
});

test("an api whose port is taken says by whom and exits 5", async () => {
  const { environment, port } = await freeAddress();
  const holder = createServer();
  await listenLoopback(holder, port);
  onTestFinished(() => void holder.close());
  const child = start(environment);
  expect(await child.firstLine).toMatchObject({
    code: "port_taken",
    message: expect.stringContaining(`process ${process.pid} (`),
    hint: expect.stringContaining("--port-offset"),
  });
  expect(await child.exit).toBe(5);
});

function start(environment: Environment) {
  const argv = ["--conditions=oroboros-source", join(import.meta.dirname, "main.ts")];
  const child = spawn(process.execPath, argv, { env: environment, stdio: ["ignore", "inherit", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exit = once(child, "exit").then(([code]) => code as number | null);
  const firstLine = once(createInterface(child.stderr), "line").then(([line]) => JSON.parse(String(line)) as object);
  return { exit, firstLine, stop: () => void child.kill("SIGTERM") };
}

/** An installation's variables, with an api port that is free. */
async function freeAddress(): Promise<{ environment: Environment; port: number }> {
  const portOffset = await takePortOffset();
  const environment = {
    OROBOROS_ROOT: api.contract.root,
    OROBOROS_PORT_OFFSET: String(portOffset),
    SLOT_IDS_CSV: "preview-1,preview-2,preview-3",
    DATABASE_URL: api.database.url,
  };
  return { environment, port: apiPort({ portOffset }) };
}
