import {
  apiHost,
  apiPort,
  apiUnit,
  appBackendPort,
  appHost,
  appUnit,
  caddyPort,
  caddyUnit,
  corsAllowedOrigins,
  postgresPort,
  redisPort,
  slotNumber,
  webMainPort,
  webMainUnit,
  workerHost,
  workerPort,
  workerUnit,
  type Runtime,
} from "@oroboros/slot-contract";
import {
  API_USER,
  APP_USER,
  CADDY_USER,
  POSTGRES_CLUSTER_UNIT,
  POSTGRES_USER,
  REDIS_SERVER_UNIT,
  REDIS_USER,
  slotUser,
  WEB_USER,
  WORKER_USER,
} from "@oroboros/slot-contract/host";
import { environmentTable, timersTable, unitsTable } from "./rendered-tables.ts";
import { code, table } from "./markdown-table.ts";

/** The tables of the four documents' pages, by the name in their markers. */
export const DOCUMENT_TABLES: Readonly<Record<string, (runtime: Runtime) => string>> = {
  services: servicesTable,
  routes: routesTable,
  environment: environmentTable,
  units: unitsTable,
  timers: timersTable,
  health: healthTable,
  slots: slotsTable,
  wiring: wiringTable,
  mapping: mappingTable,
  "slot-variables": slotVariablesTable,
  limits: limitsTable,
  origins: (runtime) =>
    table(
      ["origin"],
      corsAllowedOrigins(runtime).map((origin) => [code(origin)]),
    ),
  matrix: matrixTable,
};

const LOOPBACK = "`127.0.0.1`";

function servicesTable(runtime: Runtime): string {
  const ours = (name: string, unit: string, port: number, route: string, user: string): (string | number)[] => [
    name,
    code(unit),
    LOOPBACK,
    port,
    route,
    code(user),
  ];
  return table(
    ["service", "unit", "bind address", "port", "route", "runs as"],
    [
      ours("reverse-proxy (Caddy)", caddyUnit(runtime), caddyPort(runtime), "routes by host", CADDY_USER),
      ours("web-main", webMainUnit(runtime), webMainPort(runtime), code(appHost(runtime)), WEB_USER),
      ...runtime.slots.map((slot) =>
        ours(`web-${slot.id}`, slot.surfaceUnit, slot.frontendPort, code(slot.host), WEB_USER),
      ),
      ours("api", apiUnit(runtime), apiPort(runtime), code(apiHost(runtime)), API_USER),
      ours("worker", workerUnit(runtime), workerPort(runtime), code(workerHost(runtime)), WORKER_USER),
      ...runtime.slots.map((slot) =>
        ours(
          `backend of ${slot.id}`,
          slot.backendUnit,
          slot.backendPort,
          `${code(slot.host)} \`/api\``,
          slotUser(slot.id),
        ),
      ),
      ours(
        "backend of a foreign application",
        appUnit(runtime),
        appBackendPort(runtime),
        `${code(appHost(runtime))} \`/api\``,
        APP_USER,
      ),
      ours("postgres", POSTGRES_CLUSTER_UNIT, postgresPort(), "none: databases", POSTGRES_USER),
      ours("redis", REDIS_SERVER_UNIT, redisPort(), "none: queue", REDIS_USER),
    ],
  );
}

function routesTable(runtime: Runtime): string {
  const to = (port: number): string => code(`127.0.0.1:${port}`);
  return table(
    ["host", "leads to"],
    [
      [code(appHost(runtime)), to(webMainPort(runtime))],
      ...runtime.slots.map((slot) => [code(slot.host), to(slot.frontendPort)]),
      [code(apiHost(runtime)), to(apiPort(runtime))],
      [code(workerHost(runtime)), to(workerPort(runtime))],
      ["any other", "answered with 404"],
    ],
  );
}

function healthTable(runtime: Runtime): string {
  const health = (port: number): string => code(`http://127.0.0.1:${port}/health`);
  return table(
    ["service", "asked for its health by"],
    [
      ["`web-main`", health(webMainPort(runtime))],
      ...runtime.slots.map((slot) => [code(`web-${slot.id}`), health(slot.frontendPort)]),
      ["`api`", code(`http://127.0.0.1:${apiPort(runtime)}/health/ready`)],
      ["`worker`", health(workerPort(runtime))],
      ...runtime.slots.map((slot) => [`backend of ${code(slot.id)}`, health(slot.backendPort)]),
      ["`postgres`", "`pg_isready -h 127.0.0.1 -U postgres -d builder_control`"],
      ["`redis`", "`redis-cli -h 127.0.0.1 ping`"],
    ],
  );
}

function slotsTable({ slots }: Runtime): string {
  return table(
    ["slot", "URL", "systemd unit", "local port", "static root"],
    slots.map((slot) => [
      `${code(slot.id)} (${code(slot.alias)})`,
      code(slot.host),
      code(slot.surfaceUnit.replace(".service", "")),
      slot.frontendPort,
      code(slot.webRoot),
    ]),
  );
}

function wiringTable({ slots }: Runtime): string {
  return table(
    ["slot", "surface", "its `/api` goes to", "said by `WEB_API_PROXY_TARGET` in", "database"],
    slots.map((slot) => [
      code(slot.id),
      slot.frontendPort,
      code(`127.0.0.1:${slot.backendPort}`),
      code(`infra/systemd/env/web-${slot.alias}.env`),
      code(slot.database),
    ]),
  );
}

function mappingTable({ slots }: Runtime): string {
  return table(
    ["slot ID", "frontend port", "backend API port", "preview DB", "user", "worktree"],
    slots.map((slot) => [
      code(slot.id),
      slot.frontendPort,
      slot.backendPort,
      code(slot.database),
      code(slotUser(slot.id)),
      code(slot.worktree),
    ]),
  );
}

function slotVariablesTable({ slots }: Runtime): string {
  const row = (name: string, value: (slot: Runtime["slots"][number]) => string | number): string[] => [
    code(name),
    ...slots.map((slot) => code(value(slot))),
  ];
  return table(
    ["variable", ...slots.map(({ id }) => id)],
    [
      row("SLOT_ID", ({ id }) => id),
      row("SLOT_NUM", ({ id }) => slotNumber(id)),
      row("SLOT_BACKEND_PORT", ({ backendPort }) => backendPort),
      row("SLOT_DB_NAME", ({ database }) => database),
    ],
  );
}

function limitsTable({ slotLimits }: Runtime): string {
  return table(
    ["limit", "of each unit of a slot", "field of `slotLimits`"],
    [
      ["memory, without swap", `${slotLimits.memoryMb} MB`, "`memoryMb`"],
      ["processor", `${slotLimits.cpuPercent} % of one`, "`cpuPercent`"],
      ["processes and threads", slotLimits.tasks, "`tasks`"],
    ],
  );
}

function matrixTable(runtime: Runtime): string {
  const ours = (name: string, unit: string, port: number, file: string): (string | number)[] => [
    name,
    code(unit),
    port,
    code(file),
    code(`curl -fsS http://127.0.0.1:${port}/health`),
  ];
  const etc = "/etc/oroboros";
  return table(
    ["surface", "unit or command", "port", "env file", "health check"],
    [
      ours("API (control)", apiUnit(runtime), apiPort(runtime), `${etc}/api.env`),
      ours("Worker", workerUnit(runtime), workerPort(runtime), `${etc}/worker.env`),
      ours("Web main", webMainUnit(runtime), webMainPort(runtime), `${etc}/web-main.env`),
      ...runtime.slots.map((slot) =>
        ours(`Web ${slot.id}`, slot.surfaceUnit, slot.frontendPort, `${etc}/web-${slot.alias}.env`),
      ),
      ...runtime.slots.map((slot) =>
        ours(
          `Backend of ${slot.id}`,
          `scripts/preview-backend-runtime.sh start --slot ${slot.id}`,
          slot.backendPort,
          `/run/oroboros/slots/${slot.id}/backend.json`,
        ),
      ),
      [
        "Caddy",
        code(caddyUnit(runtime)),
        caddyPort(runtime),
        code("infra/caddy/Caddyfile"),
        code(`curl -fsS -H 'Host: ${appHost(runtime)}' http://127.0.0.1:${caddyPort(runtime)}/health`),
      ],
    ],
  );
}
