import { expect, test } from "vitest";
import { corsAllowedOrigins } from "./cors-origins.ts";
import { defineRuntime } from "./define-runtime.ts";
import { apiHost, appHost, workerHost } from "./host-names.ts";
import { apiPort, appBackendPort, caddyPort, postgresPort, redisPort, webMainPort, workerPort } from "./ports.ts";
import { scriptsPath, webMainRoot } from "./static-roots.ts";
import { allUnits, apiUnit, caddyUnit, webMainUnit, workerUnit } from "./unit-names.ts";

test("the default runtime's slots are the documents' tables", () => {
  expect(
    defineRuntime().slots.map((slot) => [slot.id, slot.alias, slot.host, slot.frontendPort, slot.backendPort]),
  ).toEqual([
    ["preview-1", "preview1", "preview1.example.com", 3101, 8101],
    ["preview-2", "preview2", "preview2.example.com", 3102, 8102],
    ["preview-3", "preview3", "preview3.example.com", 3103, 8103],
  ]);
  expect(defineRuntime().slots[1]).toEqual({
    id: "preview-2",
    number: 2,
    alias: "preview2",
    host: "preview2.example.com",
    frontendPort: 3102,
    backendPort: 8102,
    frontendUrl: "http://127.0.0.1:3102",
    backendUrl: "http://127.0.0.1:8102",
    database: "app_preview_2",
    role: "slot_2",
    surfaceUnit: "ouroboros-web@preview2.service",
    backendUnit: "ouroboros-preview-backend@preview2.service",
    webRoot: "/srv/oroboros/current/infra/web-preview-2",
    surface: "/srv/oroboros/shared/surfaces/preview-2",
    worktree: "/srv/oroboros/worktrees/preview-2",
    home: "/var/lib/oroboros/slots/preview-2",
    log: "/var/log/oroboros/preview-backend/preview-2.log",
  });
});

test("the default runtime's services are the documents' table", () => {
  const runtime = defineRuntime();
  expect([
    [caddyUnit(runtime), caddyPort(runtime)],
    [webMainUnit(runtime), webMainPort(runtime), appHost(runtime), webMainRoot(runtime)],
    [apiUnit(runtime), apiPort(runtime), apiHost(runtime)],
    [workerUnit(runtime), workerPort(runtime), workerHost(runtime)],
    [appBackendPort(runtime), postgresPort(), redisPort(), scriptsPath(runtime)],
  ]).toEqual([
    ["ouroboros-caddy.service", 8088],
    ["ouroboros-web@main.service", 3100, "app.example.com", "/srv/oroboros/current/infra/web-main"],
    ["ouroboros-api.service", 8000, "api.example.com"],
    ["ouroboros-worker.service", 8090, "worker.example.com"],
    [8200, 5432, 6379, "/srv/oroboros/current/scripts"],
  ]);
  expect(allUnits(runtime)).toEqual(
    expect.arrayContaining(["ouroboros-app.service", "postgresql.service", "redis.service"]),
  );
});

test("pages of the app, the previews and the local ports may call a backend, and nobody else", () => {
  expect(
    corsAllowedOrigins(
      defineRuntime({ slotCount: 1, corsAllowedOrigins: ["https://app.example.com", "https://x.example"] }),
    ),
  ).toEqual([
    "https://app.example.com",
    "https://preview1.example.com",
    "http://127.0.0.1:3100",
    "http://localhost:3100",
    "http://127.0.0.1:3101",
    "http://localhost:3101",
    "https://x.example",
  ]);
});

test("neither a runtime nor its slots can be changed afterwards", () => {
  const runtime = defineRuntime();
  expect([runtime, runtime.slots, ...runtime.slots].every(Object.isFrozen)).toBe(true);
});
