import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  apiPort,
  defineContract,
  etcPath,
  healthReportSchema,
  serializeEnvFile,
  workerPort,
} from "@oroboros/slot-contract";
import { installationEnvironment } from "@oroboros/slot-contract/environments";
import { takePortOffset } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { oneObject, runHere } from "./testing/run-here.ts";

/** An installation of which only the api runs; its control database is nowhere. */
const PORT_OFFSET = await takePortOffset();
let root: string;
let api: Server;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "oroboros-host-health-"));
  const contract = defineContract({ root, slotCount: 1, portOffset: PORT_OFFSET });
  api = createServer((_request, response) =>
    response.end('{"status":"ok","postgres":true,"dispatcher":true,"disk":true}'),
  );
  await new Promise<void>((resolve) => api.listen(apiPort(contract), "127.0.0.1", resolve));
  await mkdir(etcPath(contract), { recursive: true });
  const variables = {
    ...installationEnvironment(contract),
    DATABASE_URL: "postgresql://oroboros_worker:s3cret@127.0.0.1:1/builder_control",
    WORKER_POLL_INTERVAL_SECONDS: "5",
    WORKER_HEALTH_PORT: String(workerPort(contract)),
    PREVIEW_BACKEND_DATABASE_URL_TEMPLATE: "postgresql://slot@127.0.0.1:1/app_preview_{slot}",
    SLOT_DATABASE_PASSWORD_KEY: "ab".repeat(32),
  };
  await writeFile(`${etcPath(contract)}/worker.env`, serializeEnvFile(variables));
});
afterAll(async () => {
  api?.closeAllConnections();
  api?.close();
  if (root !== undefined) await rm(root, { recursive: true });
});

test("a program is told in one object how every service is, while the control database is down; exit 4", async () => {
  const { exitCode, stdout, stderr } = await runHere(["host", "health-check", "--root", root]);
  expect(exitCode).toBe(4);
  const { command, error, ...report } = oneObject(stdout);
  expect(command).toBe("host health-check");
  expect(error).toMatchObject({
    code: "gate_failed",
    message: expect.stringMatching(/^4 of 5 checks failed\. postgres: 127\.0\.0\.1:1 refused: ECONNREFUSED; worker: /),
    hint: expect.stringMatching(/^Start with postgres: tail -n 50 .*postgres\.log$/),
  });
  expect(healthReportSchema.parse(report)).toMatchObject({
    ok: false,
    scope: "all",
    services: [
      { service: "postgres", status: "unhealthy" },
      { service: "api", status: "healthy", detail: null, next: null },
      { service: "worker", status: "unhealthy" },
      { service: "web@preview1", status: "unhealthy" },
      { service: "preview-backend@preview1", status: "unhealthy" },
    ],
  });
  expect(stdout + stderr).not.toContain("s3cret");
});

test("a scope leaves out what it says", async () => {
  const { stdout } = await runHere(["host", "health-check", "--scope", "slots", "--root", root]);
  const { services } = oneObject(stdout);
  expect(services).toMatchObject([{ service: "web@preview1" }, { service: "preview-backend@preview1" }]);
});

test("a person is shown a table", async () => {
  const { stdout, stderr } = await runHere(["host", "health-check", "--root", root], {}, { isTerminal: true });
  expect(stdout).toMatch(/SERVICE +HEALTHY +MS +ASKED +DETAIL +NEXT/);
  expect(stdout).toMatch(
    new RegExp(`^api +yes +\\d+ +http://127.0.0.1:${8_000 + PORT_OFFSET}/health/ready +- +-$`, "mu"),
  );
  expect(stdout).toMatch(/^worker +NO +/m);
  expect(stderr).toContain("gate_failed");
});

test("any other scope is refused before anything is asked", async () => {
  const { exitCode, stdout } = await runHere(["host", "health-check", "--scope", "slot", "--root", root]);
  expect(exitCode).toBe(2);
  expect(oneObject(stdout)).toMatchObject({ ok: false, error: { code: "invalid_request" } });
});
