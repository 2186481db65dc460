import {
  backendPort,
  frontendPort,
  loopbackUrl,
  repoPath,
  slotDatabase,
  slotHome,
  slotIds,
  slotNumber,
  slotSurfaces,
  slotWorktrees,
  type RunId,
  type RuntimeContract,
  type SlotBackendVariables,
  type SlotId,
  type StepRequest,
} from "@oroboros/slot-contract";
import type { SourceFacts } from "./observe-source.ts";
import type { PublishPlan } from "./publish-plan.ts";

const CHECKOUT_TIMEOUT_MS = 60_000;
const INSTALL_TIMEOUT_MS = 600_000;
const BUILD_TIMEOUT_MS = 600_000;
/** What an error message shows of a step's output is read outside a terminal, and nobody is there to answer a prompt. */
const UNATTENDED = { CI: "true", NO_COLOR: "1" };
const VITE_API_BASE_URL = "/api";

/** The steps that make a commit live in a slot, in their order. */
export function planPublish(contract: RuntimeContract, slot: SlotId, runId: RunId, source: SourceFacts): PublishPlan {
  const { manifest, commitSha } = source;
  const worktree = `${slotWorktrees(contract, slot)}/${runId}`;
  const surface = `${slotSurfaces(contract, slot)}/${runId}`;
  const frontend = `${worktree}/${manifest.frontend.dir}`;
  const backend = `${worktree}/${manifest.backend.dir}`;
  const frontendUrl = loopbackUrl(frontendPort(contract, slot));
  const backendUrl = loopbackUrl(backendPort(contract, slot));
  const install = { kind: "install", env: UNATTENDED, timeout_ms: INSTALL_TIMEOUT_MS } as const;
  const viteVariables = { VITE_API_BASE_URL, VITE_SLOT_BACKEND_URL: backendUrl };
  return {
    steps: [
      { name: "checkout", commitSha, worktree, commands: checkoutCommands(contract, slot, runId, source, worktree) },
      { name: "database_reset", source: source.base },
      {
        name: "frontend_publish",
        commands: [
          { ...install, argv: manifest.frontend.install, cwd: frontend },
          {
            kind: "build",
            argv: manifest.frontend.build,
            cwd: frontend,
            env: { ...UNATTENDED, ...viteVariables },
            timeout_ms: BUILD_TIMEOUT_MS,
          },
        ],
        dist: `${frontend}/${manifest.frontend.dist}`,
        surface,
        commitSha,
        viteApiBaseUrl: VITE_API_BASE_URL,
        slotBackendUrl: backendUrl,
      },
      { name: "dependency_sync", commands: [{ ...install, argv: manifest.backend.install, cwd: backend }] },
      { name: "migration", migrations: source.migrations },
      {
        name: "backend_restart",
        argv: manifest.backend.start,
        cwd: backend,
        env: backendVariables(contract, slot, worktree, source),
      },
      {
        name: "readiness",
        commitSha,
        deadlineMs: manifest.backend.readyTimeoutSeconds * 1000,
        backendHealthUrl: backendUrl + manifest.backend.health,
        surface,
        surfaceHealthUrl: `${frontendUrl}/health`,
        proxiedHealthUrl: `${frontendUrl}/api/health`,
      },
      { name: "smoke", backendUrl, routeUrls: manifest.smoke.routes.map((route) => frontendUrl + route) },
    ],
  };
}

/**
 * A checkout without a `.git`: an index of the slot's own, filled from the commit and written out (git-checkout-index(1)).
 * It runs as the slot's user, so filters and attributes of the branch have no one else's rights.
 */
function checkoutCommands(
  contract: RuntimeContract,
  slot: SlotId,
  runId: RunId,
  { commitSha }: SourceFacts,
  worktree: string,
): StepRequest[] {
  const git = [
    "git",
    `--git-dir=${repoPath(contract)}`,
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
  ];
  const step = {
    kind: "checkout",
    cwd: slotHome(contract, slot),
    env: {
      GIT_INDEX_FILE: `${slotHome(contract, slot)}/index-${runId}`,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
    },
    timeout_ms: CHECKOUT_TIMEOUT_MS,
  } as const;
  return [
    { ...step, argv: [...git, "read-tree", commitSha] },
    {
      ...step,
      argv: [
        ...git,
        `--work-tree=${slotWorktrees(contract, slot)}`,
        "checkout-index",
        "--all",
        "--force",
        `--prefix=${worktree}/`,
      ],
    },
  ];
}

function backendVariables(
  contract: RuntimeContract,
  slot: SlotId,
  worktree: string,
  { commitSha }: SourceFacts,
): Omit<SlotBackendVariables, "DATABASE_URL"> {
  return {
    SLOT_ID: slot,
    SLOT_NUM: String(slotNumber(slot)),
    SLOT_BACKEND_PORT: String(backendPort(contract, slot)),
    SLOT_DB_NAME: slotDatabase(slot),
    SLOT_WORKTREE_PATH: worktree,
    SLOT_COMMIT_SHA: commitSha,
    CORS_ALLOWED_ORIGINS: slotIds(contract)
      .map((each) => loopbackUrl(frontendPort(contract, each)))
      .join(","),
  };
}
