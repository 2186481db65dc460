import { createServer } from "node:net";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import {
  backendPort,
  defineContract,
  etcPath,
  parseEnvFile,
  parseEnvironment,
  serializeEnvFile,
  slotIds,
} from "@oroboros/slot-contract";
import {
  apiEnvironmentSchema,
  contractOf,
  supervisorConfigSchema,
  webSurfaceEnvironmentSchema,
  workerEnvironmentSchema,
} from "@oroboros/slot-contract/environments";
import { takePortOffset, withTempDir } from "@oroboros/test-support";
import { describe, expect, test } from "vitest";
import { installationPorts, installationServices } from "./embedded-installation.ts";
import { environmentFiles, type EnvironmentFiles } from "./environment-files.ts";
import { otherOffset } from "./other-offset.ts";
import { upEmbedded, type UpRequest } from "./up-embedded.ts";
import { renewConfiguration, writeConfiguration } from "./write-configuration.ts";

const CONTRACT = defineContract({ root: "/var/tmp/oroboros", portOffset: 8_400 });
const SECRETS = {
  superuserPassword: "super-secret",
  apiPassword: "api-secret",
  workerPassword: "worker-secret",
  slotPasswordKey: "ab".repeat(32),
};

const throughAFile = (variables: Record<string, string>): Record<string, string> =>
  parseEnvFile(serializeEnvFile(variables));

describe("the env files of an installation", () => {
  test.each([undefined, "redis://127.0.0.1:6379"])("are what each service reads back (Redis: %s)", (redisUrl) => {
    const files = environmentFiles(CONTRACT, SECRETS, { redisUrl, isolated: true });
    const api = parseEnvironment("api", apiEnvironmentSchema, throughAFile(files.api));
    const worker = parseEnvironment("worker", workerEnvironmentSchema, throughAFile(files.worker));
    const surfaces = files.surfaces.map((file) =>
      parseEnvironment("web-surface", webSurfaceEnvironmentSchema, throughAFile(file)),
    );
    for (const environment of [api, worker, ...surfaces]) expect(contractOf(environment)).toEqual(CONTRACT);
    expect([api.REDIS_URL, worker.REDIS_URL]).toEqual([redisUrl, redisUrl]);
    expect(surfaces.map(({ WEB_API_PROXY_TARGET }) => WEB_API_PROXY_TARGET)).toEqual(
      slotIds(CONTRACT).map((slot) => `http://127.0.0.1:${backendPort(CONTRACT, slot)}`),
    );
  });

  test.each([
    [true, "on"],
    [false, "off"],
  ] as const)(
    "let root pass without a token only where branches have users of their own (%s: %s)",
    (isolated, expected) => {
      const { api } = environmentFiles(CONTRACT, SECRETS, { isolated });
      expect(parseEnvironment("api", apiEnvironmentSchema, throughAFile(api)).OROBOROS_LOOPBACK_IDENTITY).toBe(
        expected,
      );
    },
  );

  test("give no service a secret that is not its own, and the superuser's to none", () => {
    const files = environmentFiles(CONTRACT, SECRETS, { isolated: true });
    const holders = (secret: string): string[] =>
      Object.entries({ api: files.api, worker: files.worker, surfaces: files.surfaces })
        .filter(([, file]) => JSON.stringify(file).includes(secret))
        .map(([name]) => name);
    expect(holders(SECRETS.superuserPassword)).toEqual([]);
    expect(holders(SECRETS.apiPassword)).toEqual(["api"]);
    expect(holders(SECRETS.workerPassword)).toEqual(["worker"]);
    expect(holders(SECRETS.slotPasswordKey)).toEqual(["worker"]);
  });
});

describe("services and ports", () => {
  const files: EnvironmentFiles = environmentFiles(CONTRACT, SECRETS, { isolated: true });

  test("PostgreSQL comes first, each service once, and the supervisor accepts the list", () => {
    const services = installationServices(CONTRACT, files);
    const names = services.map(({ name }) => name);
    expect(names).toEqual(["postgres", "api", "worker", "web-preview1", "web-preview2", "web-preview3"]);
    const config = { services, trust_branch: false, step_path: "/usr/bin", step_env: {} };
    expect(supervisorConfigSchema.parse(config).services).toEqual(services);
  });

  test("PostgreSQL gives a login five seconds, also where it was installed before that was so, and all else stays", async () => {
    await withTempDir(async (root) => {
      const contract = defineContract({ root, portOffset: 8_400 });
      const request = { ...requestOn(contract), isolated: true };
      mkdirSync(etcPath(contract), { recursive: true });
      await writeConfiguration(request, files);
      const path = `${etcPath(contract)}/supervisor.json`;
      const today = readFileSync(path, "utf8");
      expect(today).toContain("authentication_timeout=5s");
      writeFileSync(path, today.replace(/"authentication_timeout=5s"/, '"work_mem=8MB"'));
      expect(await renewConfiguration(contract)).toEqual(JSON.parse(today));
      expect(readFileSync(path, "utf8")).toBe(today);
      writeFileSync(path, JSON.stringify(JSON.parse(today)));
      await renewConfiguration(contract);
      expect(readFileSync(path, "utf8")).toBe(JSON.stringify(JSON.parse(today)));
    });
  });

  test("no two services of an installation share a port, nor do two installations whose offsets are far apart", () => {
    const all = [0, 1_000, 8_400].flatMap((portOffset) =>
      installationPorts(defineContract({ root: "/r", slotCount: 50, portOffset })).map(({ port }) => port),
    );
    expect(new Set(all).size).toBe(all.length);
  });
});

describe("bringing up an installation", () => {
  test("is refused where ports are taken, naming each port, its service and who holds it; nothing is written", async () => {
    await withTempDir(async (root) => {
      const contract = defineContract({ root, portOffset: await takePortOffset() });
      const ports = installationPorts(contract).filter(
        ({ service }) => service === "api" || service === "web-preview-2",
      );
      const servers = await Promise.all(
        ports.map(async ({ port }) => {
          const server = createServer();
          await once(server.listen(port, "127.0.0.1"), "listening");
          return server;
        }),
      );
      try {
        const taken = await upEmbedded(requestOn(contract)).catch((error: unknown) => error);
        expect(taken).toMatchObject({
          code: "port_taken",
          hint: expect.stringMatching(new RegExp(`--port-offset ${otherOffset(contract)}$`)) as string,
        });
        for (const { service, port } of ports)
          expect(String(taken)).toMatch(new RegExp(`${port} \\(${service}\\) by .* with pid ${process.pid}`));
        expect(existsSync(root)).toBe(false);
      } finally {
        for (const server of servers) server.close();
      }
    });
  });
});

function requestOn(contract: UpRequest["contract"]): UpRequest {
  return {
    contract,
    keepsOffset: false,
    source: { release: "/nowhere", node: "/nowhere", pnpm: "/nowhere", postgres: "/nowhere" },
    isolated: false,
    stepEnvironment: {},
    detached: false,
    onlyNew: true,
    fetch: () => expect.unreachable("asked something"),
    clock: { now: () => 0, today: () => new Date(0), sleep: () => Promise.resolve() },
    onStage: (stage) => expect.unreachable(`began ${stage}`),
  };
}
