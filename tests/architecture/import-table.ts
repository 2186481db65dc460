export interface AllowedImports {
  /** Packages of this workspace; a subpath is public when the package's `exports` declares it. */
  readonly workspace: readonly string[];
  readonly thirdParty: readonly string[];
  /** Node's own modules, without `node:`; a subpath is allowed with its module. */
  readonly builtins: readonly string[];
}

/** Who may import whom. Tests and `testing/` folders are free in what they import, but not in how. */
export const IMPORT_TABLE: Readonly<Record<string, AllowedImports>> = {
  "packages/slot-contract": { workspace: [], thirdParty: ["zod"], builtins: [] },
  "packages/systemd-gen": { workspace: ["slot-contract"], thirdParty: [], builtins: [] },
  "packages/caddy-gen": { workspace: ["slot-contract"], thirdParty: [], builtins: [] },
  "packages/db-safety": {
    workspace: ["slot-contract"],
    // libpg-query only in guard/, which is a process of its own.
    thirdParty: ["kysely", "libpg-query", "pg"],
    builtins: ["crypto", "net"],
  },
  "packages/health-probe": { workspace: ["slot-contract"], thirdParty: ["pg"], builtins: [] },
  "packages/host": {
    workspace: ["slot-contract"],
    thirdParty: [],
    builtins: ["child_process", "crypto", "fs", "http", "net", "os", "path", "readline", "stream", "timers", "util"],
  },
  "packages/control-store": { workspace: ["slot-contract"], thirdParty: ["kysely", "pg"], builtins: ["crypto"] },
  "packages/run-queue": { workspace: ["slot-contract"], thirdParty: ["bullmq", "ioredis", "pg"], builtins: [] },
  "packages/service-kit": {
    workspace: ["host/fault-point", "host/port-listener", "slot-contract"],
    thirdParty: ["pino"],
    // child_process for systemd-notify alone: Node has no datagram sockets. fs to see that file operations still come to an end.
    builtins: ["child_process", "fs", "http", "net", "process", "stream"],
  },
  "packages/operations": {
    workspace: [
      "caddy-gen",
      "control-store",
      "db-safety",
      "health-probe",
      "host",
      "run-queue",
      "slot-contract",
      "systemd-gen",
    ],
    thirdParty: [],
    builtins: [],
  },
  "packages/cli": {
    workspace: ["control-store", "host", "operations", "run-queue", "slot-contract"],
    thirdParty: ["commander"],
    builtins: ["process"],
  },
  "apps/api": {
    workspace: [
      "control-store",
      "health-probe",
      "host/fault-point",
      "host/read-only",
      "run-queue",
      "service-kit",
      "slot-contract",
    ],
    // pg only in slot mode, on the slot's own database: there the api is an application like any other.
    thirdParty: ["@hono/node-server", "hono", "pg"],
    builtins: ["crypto", "http", "process", "stream"],
  },
  "apps/worker": {
    workspace: ["control-store", "host", "operations", "run-queue", "service-kit", "slot-contract"],
    thirdParty: [],
    builtins: ["http", "process"],
  },
  "apps/web-surface": {
    workspace: ["service-kit", "slot-contract"],
    thirdParty: [],
    builtins: ["crypto", "fs", "http", "net", "path", "stream", "zlib"],
  },
  "apps/supervisor": {
    workspace: ["host", "service-kit", "slot-contract"],
    thirdParty: [],
    builtins: ["http", "stream", "string_decoder"],
  },
  // What a systemd unit runs as a slot's or the packages' user: nothing but the host.
  "apps/step-runner": {
    workspace: ["host", "slot-contract"],
    thirdParty: [],
    builtins: ["fs", "path", "process", "stream"],
  },
};
