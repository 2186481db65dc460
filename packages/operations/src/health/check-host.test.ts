import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { systemClock } from "@oroboros/host";
import {
  apiPort,
  backendJobFile,
  backendPort,
  caddyPort,
  currentPath,
  defineContract,
  frontendPort,
  healthReportSchema,
  releasesPath,
  slotIds,
  webMainPort,
  workerPort,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { takePortOffset } from "@oroboros/test-support";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkHost } from "./check-host.ts";
import type { ServiceState } from "./explain-failure.ts";
import type { ServiceTopology } from "./service-topology.ts";

const PORT_OFFSET = await takePortOffset();
const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const postgres = { host: "127.0.0.1", port: 1, user: "u", database: "d" };
const topology: ServiceTopology = { manager: "systemd", postgres, redisUrl: undefined, hasProxy: true };

type Answer = { status?: number; location?: string; says?: object };

let contract: RuntimeContract;
let servers: Server[];
let answers: Map<number, (site: string | undefined, path: string | undefined) => Answer>;
let asked: string[];
const READY = { status: "ok", postgres: true, dispatcher: true, disk: true };
const readyApi = (_site: string | undefined, path: string | undefined): Answer =>
  path === "/health/ready" ? { says: READY } : says("api");
const says = (service: string, slot_id?: string | null): Answer => ({ says: { status: "ok", service, slot_id } });

beforeEach(async () => {
  contract = defineContract({
    root: await mkdtemp(join(tmpdir(), "oroboros-health-")),
    portOffset: PORT_OFFSET,
    slotCount: 2,
  });
  servers = [];
  asked = [];
  answers = new Map([
    [apiPort(contract), readyApi],
    [workerPort(contract), () => says("worker")],
    [webMainPort(contract), () => says("web-surface", null)],
    [caddyPort(contract), (site: string | undefined) => BEHIND_PROXY[site ?? ""] ?? { status: 404 }],
    ...slotIds(contract).flatMap((slot): [number, () => Answer][] => [
      [frontendPort(contract, slot), () => says("web-surface", slot)],
      [backendPort(contract, slot), () => ({})],
    ]),
  ]);
});
afterEach(async () => {
  for (const server of servers) server.close().closeAllConnections();
  await rm(contract.root, { recursive: true });
});

const BEHIND_PROXY: Record<string, Answer> = {
  "app.example.com": says("web-surface", null),
  "api.example.com": says("api"),
  "worker.example.com": says("worker"),
  "preview1.example.com": says("web-surface", "preview-1"),
  "preview2.example.com": says("web-surface", "preview-2"),
};

async function startAll(): Promise<void> {
  for (const [port, answer] of answers) {
    const server = createServer((request, response) => {
      asked.push(`${request.headers.host}${request.url}`);
      const { status = 200, location, says: body = {} } = answer(request.headers.host, request.url);
      response.writeHead(status, location === undefined ? {} : { location }).end(JSON.stringify(body));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  }
}

async function look(scope: "all" | "production" | "slots" = "all", states = new Map<string, ServiceState>()) {
  const told: string[][] = [];
  const report = await checkHost({
    contract,
    topology,
    scope,
    clock: systemClock,
    // However slow the machine is.
    probeTimeoutMs: 30_000,
    states: (checks) => {
      told.push(checks.map(({ unit }) => unit));
      return Promise.resolve(states);
    },
  });
  const sick = report.services.filter(({ status }) => status === "unhealthy");
  return { report, sick, told };
}

test("everything that answers is healthy, directly and by way of the proxy; why is asked of nobody", async () => {
  await startAll();
  const { report, sick, told } = await look("slots");
  expect(sick).toEqual([]);
  expect(report).toMatchObject({ ok: true, scope: "slots", release_id: null });
  expect(healthReportSchema.parse(report)).toEqual(report);
  expect(report.services).toHaveLength(6);
  expect(told).toEqual([]);
});

test("a server that is not there makes the host unhealthy, with what to type next", async () => {
  await startAll();
  const unit = "postgresql@15-main.service";
  const failed: ServiceState = {
    kind: "unit",
    properties: { LoadState: "loaded", ActiveState: "failed", Result: "x" },
  };
  const { report, sick, told } = await look("production", new Map([[unit, failed]]));
  expect(report.ok).toBe(false);
  expect(sick).toMatchObject([
    {
      service: "postgres",
      unit,
      detail: `127.0.0.1:1 refused: ECONNREFUSED; ${unit} failed (x)`,
      next: `journalctl --no-pager -n 50 -u ${unit}`,
    },
  ]);
  expect(told).toEqual([[unit]]);
});

test("the current release is named", async () => {
  await mkdir(`${releasesPath(contract)}/${COMMIT}`, { recursive: true });
  await symlink(`${releasesPath(contract)}/${COMMIT}`, currentPath(contract));
  expect((await look("slots")).report.release_id).toBe(COMMIT);
});

test("a route that leads to another's surface is found, and so is one that leads on", async () => {
  answers.set(caddyPort(contract), (site) =>
    site === "preview1.example.com"
      ? says("web-surface", "preview-2")
      : site === "preview2.example.com"
        ? { status: 302, location: "http://127.0.0.1:1/" }
        : { status: 404 },
  );
  await startAll();
  const { sick, told } = await look("slots");
  const at = `http://127.0.0.1:${caddyPort(contract)}/health`;
  expect(sick.map(({ detail }) => detail)).toEqual([
    `${at} (preview1.example.com) is answered by the surface of preview-2 and not by the surface of preview-1`,
    `${at} (preview2.example.com) answered 302 to http://127.0.0.1:1/; redirects are not followed`,
  ]);
  expect(told).toEqual([["ouroboros-caddy.service", "ouroboros-caddy.service"]]);
});

test("a route to a surface that is down itself is the surface's fault", async () => {
  const [first] = slotIds(contract);
  if (first !== undefined) answers.delete(frontendPort(contract, first));
  answers.set(caddyPort(contract), (site) =>
    site === "preview1.example.com" ? { status: 502 } : (BEHIND_PROXY[site ?? ""] ?? {}),
  );
  await startAll();
  const { told } = await look("slots");
  expect(told).toEqual([["ouroboros-web@preview1.service", "ouroboros-web@preview1.service"]]);
});

test("a proxy that answers for a site that nobody has is not ours", async () => {
  answers.set(caddyPort(contract), (site) => BEHIND_PROXY[site ?? ""] ?? {});
  await startAll();
  const { sick } = await look("production");
  expect(sick.find(({ service }) => service === "caddy")?.detail).toMatch(
    /answered 200 for a site that nobody has, and not 404$/,
  );
});

test.each<[string, object, string]>([
  [
    "whose control database is not there",
    { postgres: false, dispatcher: false },
    "answered 503, not ready: its control database does not let it in, its queue does not answer",
  ],
  ["whose disk is full", { disk: false }, "answered 503, not ready: its disk is full"],
  ["that is about to end", { status: "?" }, "answered 503"],
])("an api %s is unhealthy, although it answers", async (_what, missing, said) => {
  answers.set(apiPort(contract), (_site, path) =>
    path === "/health/ready" ? { status: 503, says: { ...READY, status: "unavailable", ...missing } } : says("api"),
  );
  await startAll();
  const { sick, told } = await look("production");
  const target = `http://127.0.0.1:${apiPort(contract)}/health/ready`;
  expect(sick.filter(({ service }) => service === "api")).toMatchObject([{ target, detail: `${target} ${said}` }]);
  expect(told.flat()).toContain("ouroboros-api.service");
});

test("another service on a port of ours is found", async () => {
  answers.set(apiPort(contract), () => says("worker"));
  answers.set(workerPort(contract), () => ({}));
  await startAll();
  const { sick } = await look("production");
  expect(sick.map(({ detail }) => detail)).toEqual(
    expect.arrayContaining([
      expect.stringContaining("is answered by worker and not by the api"),
      expect.stringContaining("is answered by something else and not by the worker"),
    ]),
  );
});

test("a backend is asked where its job says, whatever that says it is", async () => {
  const [first] = slotIds(contract);
  if (first === undefined) throw new Error("the contract has slots");
  const file = backendJobFile(contract, first);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify({ argv: ["x"], cwd: "/", env: {}, health: "/up" }));
  await startAll();
  expect((await look("slots")).sick).toEqual([]);
  expect(asked).toContain(`127.0.0.1:${backendPort(contract, first)}/up`);
});

test("services are asked at once: each of them waits until every other one was asked, and all answer", async () => {
  const waiting: (() => void)[] = [];
  const ports = slotIds(contract).flatMap((slot) => [frontendPort(contract, slot), backendPort(contract, slot)]);
  for (const port of ports) answers.delete(port);
  await startAll();
  for (const port of ports) {
    const body = JSON.stringify({ service: "web-surface", slot_id: `preview-${port % 10}` });
    const server = createServer((_request, response) => {
      waiting.push(() => response.end(body));
      if (waiting.length === ports.length) for (const answer of waiting) answer();
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  }
  expect((await look("slots")).sick).toEqual([]);
});
