import {
  backendPort,
  commitShaSchema,
  corsAllowedOrigins,
  defineContract,
  frontendPort,
  MAX_SLOTS,
  parseAppManifest,
  PUBLISH_STEPS,
  repoPath,
  runIdSchema,
  slotDatabase,
  slotHome,
  slotIds,
  slotSurfaces,
  slotUid,
  slotWorktrees,
  type SlotId,
} from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { withInstalls } from "../packages/with-installs.ts";
import type { SourceFacts } from "./observe-source.ts";
import { planPublish } from "./plan-publish.ts";
import type { PreviousPublish } from "./plan-reuse.ts";
import type { PublishStep } from "./publish-plan.ts";
import { sourceKeys } from "./source-keys.ts";

const CONTRACT = defineContract({ root: "/r", slotCount: MAX_SLOTS });
const CONTRACT_OF_THREE = defineContract({ root: "/r" });
const SLOTS = slotIds(CONTRACT);
const RUN = runIdSchema.parse("0b6f9a52-7c55-4c4e-9a53-0e9d3f6c1a11");
const COMMIT = commitShaSchema.parse("c".repeat(40));
const MANIFEST = parseAppManifest(
  JSON.stringify({
    name: "shop",
    frontend: { dir: "web", install: ["pnpm", "install"], build: ["pnpm", "build"], dist: "dist" },
    backend: { dir: "server", install: ["pnpm", "install", "--prod"], start: ["node", "main.js"] },
    database: { migrations: "db/migrations", seeds: { v1: "db/v1.sql" } },
    smoke: { routes: ["/", "/orders"] },
  }),
);
const TREE = [
  "oroboros.app.json",
  "db/migrations/0001.sql",
  "server/main.js",
  "server/package.json",
  "server/pnpm-lock.yaml",
  "web/package.json",
  "web/src/main.ts",
].map((path) => ({ path, mode: "100644", oid: path.length.toString(16).padStart(40, "0") }));
const SOURCE: SourceFacts = {
  commitSha: COMMIT,
  manifest: withInstalls(MANIFEST, TREE),
  tree: TREE,
  keys: sourceKeys(withInstalls(MANIFEST, TREE), TREE),
  migrations: [{ name: "0001.sql", sql: "select 1" }],
  base: { migrations: [], seed: { version: "v1", sql: "select 2" }, isMigratedLater: false, lateSeed: null },
  packageStores: { frontend: null, backend: null },
};

const planOf = (slot: SlotId): ReturnType<typeof planPublish> =>
  planPublish(CONTRACT, { slot, runId: RUN, attempt: 1 }, SOURCE);

test("the plan of a manifest is this list", () => {
  const worktree = `/r/srv/oroboros/worktrees/preview-2.d/${RUN}-1`;
  const surface = `/r/srv/oroboros/shared/surfaces/preview-2.d/${RUN}-1`;
  const git = ["git", "--git-dir=/r/srv/oroboros/repo", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"];
  const home = "/r/var/lib/oroboros/slots/preview-2";
  const checkout = {
    kind: "checkout",
    cwd: home,
    env: { GIT_INDEX_FILE: `${home}/index-${RUN}`, GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" },
    timeout_ms: 60_000,
  };
  const install = { kind: "install", env: { CI: "true", NO_COLOR: "1" }, timeout_ms: 600_000 };
  const [, second] = SLOTS;
  expect(planPublish(CONTRACT_OF_THREE, { slot: second!, runId: RUN, attempt: 1 }, SOURCE).steps).toEqual([
    {
      name: "checkout",
      commitSha: COMMIT,
      worktree,
      link: true,
      commands: [
        { ...checkout, argv: [...git, "read-tree", COMMIT] },
        {
          ...checkout,
          argv: [
            ...git,
            "--work-tree=/r/srv/oroboros/worktrees/preview-2.d",
            "checkout-index",
            "--all",
            "--force",
            `--prefix=${worktree}/`,
          ],
        },
      ],
    },
    { name: "database_reset", source: SOURCE.base, keepOld: false },
    {
      name: "frontend_publish",
      packages: {
        kind: "install",
        tries: [{ ...install, argv: ["pnpm", "install"], cwd: `${worktree}/web` }],
        worktree,
        look: [{ dir: "web", own: ["package.json", "src", "dist"] }],
      },
      build: {
        kind: "build",
        argv: ["pnpm", "build"],
        cwd: `${worktree}/web`,
        env: {
          CI: "true",
          NO_COLOR: "1",
          pnpm_config_verify_deps_before_run: "false",
          VITE_API_BASE_URL: "/api",
          VITE_SLOT_BACKEND_URL: "http://127.0.0.1:8102",
        },
        timeout_ms: 600_000,
      },
      dist: `${worktree}/web/dist`,
      surface,
      pool: "/r/srv/oroboros/shared/surfaces/preview-2.d/pool",
      previous: null,
      commitSha: COMMIT,
      viteApiBaseUrl: "/api",
      slotBackendUrl: "http://127.0.0.1:8102",
    },
    {
      name: "dependency_sync",
      packages: {
        kind: "install",
        tries: [{ ...install, argv: ["pnpm", "install", "--prod"], cwd: `${worktree}/server` }],
        worktree,
        look: [{ dir: "server", own: ["main.js", "package.json", "pnpm-lock.yaml"] }],
      },
    },
    { name: "migration", work: { kind: "files", files: SOURCE.migrations }, seed: null },
    {
      name: "backend_restart",
      job: {
        argv: ["node", "main.js"],
        cwd: `${worktree}/server`,
        health: MANIFEST.backend.health,
        env: {
          SLOT_ID: "preview-2",
          SLOT_NUM: "2",
          SLOT_BACKEND_PORT: "8102",
          SLOT_DB_NAME: "app_preview_2",
          SLOT_WORKTREE_PATH: worktree,
          pnpm_config_verify_deps_before_run: "false",
          SLOT_COMMIT_SHA: COMMIT,
          OROBOROS_PORT_OFFSET: "0",
          CORS_ALLOWED_ORIGINS: corsAllowedOrigins(CONTRACT_OF_THREE).join(","),
        },
      },
    },
    {
      name: "readiness",
      worktree: null,
      deadlineMs: MANIFEST.backend.readyTimeoutSeconds * 1000,
      backend: {
        commitSha: COMMIT,
        worktree,
        healthUrl: `http://127.0.0.1:8102${MANIFEST.backend.health}`,
        slotApi: true,
        isLive: false,
      },
      surface: { commitSha: COMMIT, path: surface, healthUrl: "http://127.0.0.1:3102/health", isLive: false },
      proxiedHealthUrl: "http://127.0.0.1:3102/api/health",
    },
    {
      name: "smoke",
      backendUrl: "http://127.0.0.1:8102",
      slotApi: true,
      routeUrls: ["http://127.0.0.1:3102/", "http://127.0.0.1:3102/orders"],
    },
  ]);
});

const LATE_SEED = { version: "v2", sql: "select 3" };
const COMMANDED: SourceFacts = {
  ...SOURCE,
  manifest: { ...SOURCE.manifest, backend: { ...SOURCE.manifest.backend, migrate: ["node", "migrate.js"] } },
  migrations: [],
  base: { migrations: [], seed: null, isMigratedLater: true, lateSeed: LATE_SEED },
};

function migrationOf(previous?: Partial<PreviousPublish>, source = COMMANDED): PublishStep | undefined {
  const target = { slot: SLOTS[0]!, runId: RUN, attempt: previous === undefined ? 1 : 2 };
  const { live } = planPublish(CONTRACT, { ...target, attempt: 1 }, COMMANDED);
  const published = { live, backendIsRunning: true, databaseWasReset: false, ...previous };
  const plan = planPublish(CONTRACT, target, source, previous === undefined ? undefined : published);
  return plan.steps.find(({ name }) => name === "migration");
}

test("an application's own migration command runs where its backend starts, told of the slot and of no secret; then comes the seed", () => {
  const backend = planPublish(CONTRACT, { slot: SLOTS[0]!, runId: RUN, attempt: 1 }, COMMANDED).live.backend;
  expect(migrationOf()).toEqual({
    name: "migration",
    work: {
      kind: "command",
      command: {
        kind: "migrate",
        argv: ["node", "migrate.js"],
        cwd: backend.job.cwd,
        env: { CI: "true", NO_COLOR: "1", ...backend.job.env },
        timeout_ms: 600_000,
      },
    },
    seed: LATE_SEED,
  });
});

test("published again with the same backend, nothing is migrated and nothing seeded", () => {
  expect(migrationOf({})).toEqual({ name: "migration", reused: "the migrations are those of publish 1" });
});

test("in a database that an operator gave the slot, the command runs where the packages lie, and no seed is loaded", () => {
  const { worktree } = planPublish(CONTRACT, { slot: SLOTS[0]!, runId: RUN, attempt: 1 }, COMMANDED).live.backend;
  const next = { ...COMMANDED, commitSha: commitShaSchema.parse("d".repeat(40)) };
  expect(migrationOf({ databaseWasReset: true }, next)).toMatchObject({
    work: { command: { cwd: `${worktree}/server`, env: { SLOT_WORKTREE_PATH: worktree, SLOT_COMMIT_SHA: COMMIT } } },
    seed: null,
  });
});

test("every plan has the contract's steps in the contract's order", () => {
  for (const slot of SLOTS) expect(planOf(slot).steps.map(({ name }) => name)).toEqual(Object.keys(PUBLISH_STEPS));
});

/** Every port, path, database and name in the plan, split at what can stand between two of them. */
function wordsOf(slot: SlotId): Set<string> {
  const plan = JSON.stringify(planOf(slot), (key, value: unknown) =>
    // The list of allowed origins names every slot's frontend on purpose.
    key === "CORS_ALLOWED_ORIGINS" ? undefined : value,
  );
  return new Set(plan.split(/[^A-Za-z0-9_.-]+/));
}

function namesOf(slot: SlotId): string[] {
  const ports = [frontendPort(CONTRACT, slot), backendPort(CONTRACT, slot), slotUid(CONTRACT, slot)].map(String);
  return [slot, `${slot}.d`, slotDatabase(slot), ...ports];
}

test("of 99 slots, no plan names the port, database or path of another", () => {
  for (const slot of SLOTS) {
    const words = wordsOf(slot);
    const others = SLOTS.filter((other) => other !== slot).flatMap(namesOf);
    expect(others.filter((name) => words.has(name))).toEqual([]);
    expect(words).toContain(slot);
    expect(words).toContain(slotDatabase(slot));
  }
});

test("every path a plan works in or writes to lies below the slot's own directories", () => {
  for (const slot of SLOTS) {
    const allowed = [slotWorktrees(CONTRACT, slot), slotHome(CONTRACT, slot), slotSurfaces(CONTRACT, slot)];
    const paths = JSON.stringify(planOf(slot)).match(/\/r\/[^"]*/g) ?? [];
    const strangers = paths.filter(
      (path) => path !== repoPath(CONTRACT) && !allowed.some((root) => path === root || path.startsWith(`${root}/`)),
    );
    expect(strangers).toEqual([]);
  }
});

test("planning twice gives the same plan", () => {
  expect(planOf(SLOTS[0]!)).toEqual(planOf(SLOTS[0]!));
});
