import type { FileChanges } from "./example-apps.ts";

/** One way in which a branch of an example can be wrong, and what its run has to say about it. */
export interface FailingBranch {
  /** Names the branch: `bad/<fault>`. */
  fault: "install" | "build" | "migration" | "start" | "readiness" | "smoke";
  step: string;
  artifact: string;
  reasonCode: "CHECKS_FAILED" | "MIGRATION_FAILED";
  /** Of the error that the step's artifact ends with. */
  code: string;
  /** Stands in the run's message and in the step's artifact. */
  cause: string;
  changes: FileChanges;
}

const MANIFEST = "oroboros.app.json";
const INSTALL = {
  fault: "install",
  step: "dependency_sync",
  artifact: "preview_dependency_sync_log",
  reasonCode: "CHECKS_FAILED",
  code: "step_failed",
} as const;
const BUILD = { ...INSTALL, fault: "build", step: "frontend_publish", artifact: "preview_publish_log" } as const;
const MIGRATION = {
  fault: "migration",
  step: "migration",
  artifact: "preview_migration_log",
  reasonCode: "MIGRATION_FAILED",
  code: "migration_failed",
} as const;
/** The process was started; that it ended at once shows while the gate waits for it. */
const START = {
  fault: "start",
  step: "readiness",
  artifact: "preview_readiness_log",
  reasonCode: "CHECKS_FAILED",
  code: "backend_not_started",
} as const;
const READINESS = { ...START, fault: "readiness", code: "gate_failed" } as const;
const SMOKE = { ...INSTALL, fault: "smoke", step: "smoke", artifact: "preview_slot_smoke_report" } as const;

/** Long enough for the backend to start on a busy machine, and to be judged by what it answers. */
const impatient = (manifest: string): string => {
  const app = JSON.parse(manifest) as { backend: object };
  return JSON.stringify({ ...app, backend: { ...app.backend, readyTimeoutSeconds: 10 } });
};

export const NODE_BRANCHES: FailingBranch[] = [
  {
    ...INSTALL,
    cause: "ERR_PNPM_OUTDATED_LOCKFILE",
    changes: { "backend/package.json": (text) => text.replace('"hono": "', '"is-number": "7.0.0",\n    "hono": "') },
  },
  {
    ...BUILD,
    cause: "./gone.ts",
    changes: { "frontend/src/main.ts": (text) => `import "./gone.ts";\n${text}` },
  },
  {
    ...MIGRATION,
    cause: '0003_owners.sql failed (SQLSTATE 42703): column "owner" of relation "items" does not exist',
    changes: {
      "database/migrations/0003_owners.sql": "alter table items\n  alter column owner set not null;\n",
    },
  },
  {
    ...START,
    cause: "LICENCE_KEY is not set",
    changes: { "backend/src/server.ts": (text) => `${text}\nthrow new Error("LICENCE_KEY is not set");\n` },
  },
  {
    ...READINESS,
    cause: "ECONNREFUSED",
    changes: {
      [MANIFEST]: impatient,
      "backend/src/server.ts": (text) => text.replace("server.listen(slot.port", "server.listen(0"),
    },
  },
  {
    ...SMOKE,
    cause: "/api/items answered 500",
    changes: { "backend/src/item-routes.ts": (text) => text.replace('"id, title,', '"id, titel,') },
  },
];

export const PYTHON_BRANCHES: FailingBranch[] = [
  {
    ...INSTALL,
    cause: "No module named 'psycopg'",
    changes: {
      "backend/requirements.py": "import psycopg\n",
      [MANIFEST]: (text) => {
        const app = JSON.parse(text) as { backend: object };
        return JSON.stringify({
          ...app,
          backend: { ...app.backend, install: ["/usr/bin/python3", "requirements.py"] },
        });
      },
    },
  },
  {
    ...BUILD,
    cause: "index.html asks for map.js, which is not in src/",
    changes: { "frontend/src/index.html": (html) => html.replace("{{ app.js }}", "{{ map.js }}") },
  },
  {
    ...MIGRATION,
    cause: '0003_places.sql failed (SQLSTATE 42701): column "place" of relation "sightings" already exists',
    changes: { "database/migrations/0003_places.sql": "alter table sightings add column place text;\n" },
  },
  {
    ...START,
    cause: "No module named 'flask'",
    changes: { "backend/server.py": (text) => text.replace("import os\n", "import flask\nimport os\n") },
  },
  {
    ...READINESS,
    cause: "answered 500",
    changes: {
      [MANIFEST]: impatient,
      "backend/request_handler.py": (text) => text.replace("current_database()", "current_pond()"),
    },
  },
  {
    ...SMOKE,
    cause: "/api/sightings answered 500",
    changes: { "backend/sightings.py": (text) => text.replace("birds, place, seen_at", "birds, spot, seen_at") },
  },
];
