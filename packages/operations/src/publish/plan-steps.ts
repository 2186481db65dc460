import {
  backendPort,
  frontendPort,
  loopbackUrl,
  surfacePool,
  type PublishTarget,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import type { LivePublish } from "./live-publish.ts";
import type { SourceFacts } from "./observe-source.ts";
import { planCheckout } from "./plan-checkout.ts";
import { planMigration } from "./plan-migration.ts";
import { INSTALLED, planPackages, UNATTENDED } from "./plan-packages.ts";
import type { Reuse } from "./plan-reuse.ts";
import type { PackagesPlan, PublishWork, StepOf } from "./publish-plan.ts";

const BUILD_TIMEOUT_MS = 600_000;
const VITE_API_BASE_URL = "/api";

/** What the steps of one publish are planned from. */
export interface StepFacts {
  contract: RuntimeContract;
  target: PublishTarget;
  source: SourceFacts;
  reuse: Reuse;
  live: LivePublish;
}

type Planned = { [Name in PublishWork["name"]]: StepOf<Name> | { name: Name; reused: string } };

/** Each step by its name: what it does, or whose work it reuses. */
export function planSteps(facts: StepFacts): Planned {
  const { source, reuse, live } = facts;
  return {
    checkout: reuse.all ? { name: "checkout", reused: reuse.all } : checkout(facts),
    database_reset: reuse.database
      ? { name: "database_reset", reused: reuse.database }
      : { name: "database_reset", source: source.base, keepOld: reuse.previous !== undefined },
    frontend_publish: reuse.frontend ? { name: "frontend_publish", reused: reuse.frontend } : frontendPublish(facts),
    dependency_sync: reuse.backend
      ? { name: "dependency_sync", reused: reuse.backend }
      : { name: "dependency_sync", packages: packages(facts, "backend", []) },
    migration: reuse.migrations
      ? { name: "migration", reused: reuse.migrations }
      : { name: "migration", work: planMigration(facts), seed: reuse.database ? null : source.base.lateSeed },
    backend_restart: reuse.backend
      ? { name: "backend_restart", reused: reuse.backend }
      : { name: "backend_restart", job: { ...live.backend.job, health: live.backend.health } },
    readiness: readiness(facts),
    smoke: smoke(facts),
  };
}

function checkout({ contract, target, source, reuse, live }: StepFacts): StepOf<"checkout"> {
  const { commitSha } = source;
  const { worktree } = live;
  const commands = planCheckout(contract, { ...target, commitSha, worktree });
  return { name: "checkout", commitSha, worktree, link: reuse.previous === undefined, commands };
}

function frontendPublish(facts: StepFacts): StepOf<"frontend_publish"> {
  const { contract, target, source, reuse, live } = facts;
  const { build, dist, dir } = source.manifest.frontend;
  const { backendUrl } = addresses(facts);
  const cwd = `${live.worktree}/${dir}`;
  return {
    name: "frontend_publish",
    packages: packages(facts, "frontend", [dist.split("/")[0] ?? ""]),
    build: {
      kind: "build",
      argv: build,
      cwd,
      env: { ...UNATTENDED, ...INSTALLED, VITE_API_BASE_URL, VITE_SLOT_BACKEND_URL: backendUrl },
      timeout_ms: BUILD_TIMEOUT_MS,
    },
    dist: `${cwd}/${dist}`,
    surface: live.frontend.surface,
    pool: surfacePool(contract, target.slot),
    previous: reuse.previous?.frontend.surface ?? null,
    commitSha: source.commitSha,
    viteApiBaseUrl: VITE_API_BASE_URL,
    slotBackendUrl: backendUrl,
  };
}

/** `made`: names that the part's build makes later, and that are no packages. */
function packages({ source, reuse, live }: StepFacts, part: "frontend" | "backend", made: string[]): PackagesPlan {
  return planPackages({
    worktree: live.worktree,
    tree: source.tree,
    made,
    ...source.manifest[part],
    installed: reuse.packages[part],
    store: source.packageStores[part],
  });
}

function readiness(facts: StepFacts): StepOf<"readiness"> {
  const { source, reuse, live } = facts;
  const { frontendUrl, backendUrl } = addresses(facts);
  const { commitSha, worktree, health, slotApi, readyTimeoutSeconds } = live.backend;
  return {
    name: "readiness",
    worktree: reuse.previous === undefined || reuse.all ? null : { commitSha: source.commitSha, path: live.worktree },
    deadlineMs: readyTimeoutSeconds * 1000,
    backend: { commitSha, worktree, healthUrl: backendUrl + health, slotApi, isLive: reuse.backend !== undefined },
    surface: {
      commitSha: live.frontend.commitSha,
      path: live.frontend.surface,
      healthUrl: `${frontendUrl}/health`,
      isLive: reuse.frontend !== undefined,
    },
    proxiedHealthUrl: `${frontendUrl}/api/health`,
  };
}

function smoke(facts: StepFacts): StepOf<"smoke"> {
  const { slotApi, routes } = facts.source.manifest.smoke;
  const { frontendUrl, backendUrl } = addresses(facts);
  return { name: "smoke", backendUrl, slotApi, routeUrls: routes.map((route) => frontendUrl + route) };
}

function addresses({ contract, target: { slot } }: StepFacts): { frontendUrl: string; backendUrl: string } {
  return {
    frontendUrl: loopbackUrl(frontendPort(contract, slot)),
    backendUrl: loopbackUrl(backendPort(contract, slot)),
  };
}
