import { publishSurface, publishWorktree, type PublishTarget, type RuntimeContract } from "@oroboros/slot-contract";
import { backendVariables } from "../backend/backend-variables.ts";
import type { LivePublish } from "./live-publish.ts";
import type { SourceFacts } from "./observe-source.ts";
import type { Reuse } from "./plan-reuse.ts";
import { INSTALLED } from "./plan-packages.ts";

/** What is in place once the steps passed. */
export function planLive(
  contract: RuntimeContract,
  target: PublishTarget,
  { manifest, commitSha, keys }: SourceFacts,
  { all, frontend, backend, packages, previous }: Reuse,
): LivePublish {
  const worktree = all && previous ? previous.worktree : publishWorktree(contract, target);
  const fresh = { worktree, entries: [] };
  const { health, readyTimeoutSeconds, start, dir } = manifest.backend;
  const checked = { health, readyTimeoutSeconds, slotApi: manifest.smoke.slotApi };
  return {
    attempt: target.attempt,
    commitSha,
    worktree,
    keys,
    frontend:
      frontend && previous
        ? previous.frontend
        : {
            commitSha,
            surface: publishSurface(contract, target),
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
              env: { ...INSTALLED, ...backendVariables(contract, target.slot, { worktree, commitSha }) },
            },
            ...checked,
          },
  };
}
