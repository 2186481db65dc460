import {
  backendPort,
  frontendPort,
  loopbackUrl,
  publishDirectory,
  slotSurfaces,
  slotWorktrees,
  type RunId,
  type RuntimeContract,
  type SlotId,
} from "@oroboros/slot-contract";
import { backendVariables } from "../backend/backend-variables.ts";
import type { LivePublish } from "./live-publish.ts";
import type { SourceFacts } from "./observe-source.ts";
import { planCheckout } from "./plan-checkout.ts";
import { planPackages, UNATTENDED } from "./plan-packages.ts";
import { decideReuse, type PreviousPublish, type Reuse } from "./plan-reuse.ts";
import type { PublishPlan, PublishStep } from "./publish-plan.ts";

const BUILD_TIMEOUT_MS = 600_000;
const VITE_API_BASE_URL = "/api";

/** Which publish of which run goes where. */
export interface PublishTarget {
  slot: SlotId;
  runId: RunId;
  attempt: number;
}

/**
 * The steps that make a commit live in a slot, in their order. After an earlier publish of the run only what has changed is made
 * again, beside what is live, and the database comes last: until then the old preview serves.
 */
export function planPublish(
  contract: RuntimeContract,
  target: PublishTarget,
  source: SourceFacts,
  previous?: PreviousPublish,
): PublishPlan {
  const reuse = decideReuse(source, previous);
  const live = liveAfter(contract, target, source, reuse);
  const { checkout, database_reset, ...rest } = planSteps(contract, target, source, reuse, live);
  const { frontend_publish, dependency_sync, ...last } = rest;
  const steps =
    previous === undefined
      ? [checkout, database_reset, frontend_publish, dependency_sync]
      : [checkout, frontend_publish, dependency_sync, database_reset];
  return { steps: [...steps, last.migration, last.backend_restart, last.readiness, last.smoke], live };
}

type Steps = { [Name in PublishStep["name"]]: Extract<PublishStep, { name: Name }> | { name: Name; reused: string } };

function planSteps(
  contract: RuntimeContract,
  { slot, runId }: PublishTarget,
  source: SourceFacts,
  reuse: Reuse,
  live: LivePublish,
): Steps {
  const { manifest, commitSha, tree } = source;
  const { frontend, backend, worktree } = live;
  const frontendUrl = loopbackUrl(frontendPort(contract, slot));
  const backendUrl = loopbackUrl(backendPort(contract, slot));
  const frontendDir = `${worktree}/${manifest.frontend.dir}`;
  const part = (name: "frontend" | "backend", made: string[]) =>
    planPackages({
      worktree,
      tree,
      made,
      ...manifest[name],
      installed: reuse.packages[name],
      store: source.packageStores[name],
    });
  return {
    checkout: reuse.all
      ? { name: "checkout", reused: reuse.all }
      : {
          name: "checkout",
          commitSha,
          worktree,
          link: reuse.previous === undefined,
          commands: planCheckout(contract, { slot, runId, commitSha, worktree }),
        },
    database_reset: reuse.database
      ? { name: "database_reset", reused: reuse.database }
      : { name: "database_reset", source: source.base, keepOld: reuse.previous !== undefined },
    frontend_publish: reuse.frontend
      ? { name: "frontend_publish", reused: reuse.frontend }
      : {
          name: "frontend_publish",
          packages: part("frontend", [manifest.frontend.dist.split("/")[0] ?? ""]),
          build: {
            kind: "build",
            argv: manifest.frontend.build,
            cwd: frontendDir,
            env: { ...UNATTENDED, VITE_API_BASE_URL, VITE_SLOT_BACKEND_URL: backendUrl },
            timeout_ms: BUILD_TIMEOUT_MS,
          },
          dist: `${frontendDir}/${manifest.frontend.dist}`,
          surface: frontend.surface,
          pool: `${slotSurfaces(contract, slot)}/pool`,
          previous: reuse.previous?.frontend.surface ?? null,
          commitSha,
          viteApiBaseUrl: VITE_API_BASE_URL,
          slotBackendUrl: backendUrl,
        },
    dependency_sync: reuse.backend
      ? { name: "dependency_sync", reused: reuse.backend }
      : { name: "dependency_sync", packages: part("backend", []) },
    migration: reuse.migrations
      ? { name: "migration", reused: reuse.migrations }
      : { name: "migration", migrations: source.migrations },
    backend_restart: reuse.backend
      ? { name: "backend_restart", reused: reuse.backend }
      : { name: "backend_restart", job: backend.job },
    readiness: {
      name: "readiness",
      worktree: reuse.previous === undefined || reuse.all ? null : { commitSha, path: worktree },
      deadlineMs: backend.readyTimeoutSeconds * 1000,
      backend: {
        commitSha: backend.commitSha,
        worktree: backend.worktree,
        healthUrl: backendUrl + backend.health,
        slotApi: backend.slotApi,
        isLive: reuse.backend !== undefined,
      },
      surface: {
        commitSha: frontend.commitSha,
        path: frontend.surface,
        healthUrl: `${frontendUrl}/health`,
        isLive: reuse.frontend !== undefined,
      },
      proxiedHealthUrl: `${frontendUrl}/api/health`,
    },
    smoke: {
      name: "smoke",
      backendUrl,
      slotApi: manifest.smoke.slotApi,
      routeUrls: manifest.smoke.routes.map((route) => frontendUrl + route),
    },
  };
}

/** What is in place once the steps passed. */
function liveAfter(
  contract: RuntimeContract,
  { slot, runId, attempt }: PublishTarget,
  { manifest, commitSha, keys }: SourceFacts,
  { all, frontend, backend, packages, previous }: Reuse,
): LivePublish {
  const directory = publishDirectory(runId, attempt);
  const worktree = all && previous ? previous.worktree : `${slotWorktrees(contract, slot)}/${directory}`;
  const fresh = { worktree, entries: [] };
  const { health, readyTimeoutSeconds, start, dir } = manifest.backend;
  const checked = { health, readyTimeoutSeconds, slotApi: manifest.smoke.slotApi };
  return {
    attempt,
    commitSha,
    worktree,
    keys,
    frontend:
      frontend && previous
        ? previous.frontend
        : {
            commitSha,
            surface: `${slotSurfaces(contract, slot)}/${directory}`,
            packages: packages.frontend ?? fresh,
          },
    backend:
      backend && previous
        ? { ...previous.backend, ...checked }
        : {
            commitSha,
            worktree,
            packages: packages.backend ?? fresh,
            job: {
              argv: start,
              cwd: `${worktree}/${dir}`,
              env: backendVariables(contract, slot, { worktree, commitSha }),
            },
            ...checked,
          },
  };
}
