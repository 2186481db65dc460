import type { AppManifest, PublishTarget, RuntimeContract } from "@oroboros/slot-contract";
import { backendVariables } from "../backend/backend-variables.ts";
import type { LivePublish } from "./live-publish.ts";
import type { SourceFacts } from "./observe-source.ts";
import { INSTALLED, UNATTENDED } from "./plan-packages.ts";
import type { MigrationWork } from "./publish-plan.ts";

const MIGRATE_TIMEOUT_MS = 600_000;

/** The built-in runner with the commit's SQL files, or the application's own command where its backend is installed. */
export function planMigration(facts: {
  contract: RuntimeContract;
  target: Pick<PublishTarget, "slot">;
  source: { manifest: AppManifest; migrations: SourceFacts["migrations"] };
  live: { backend: Pick<LivePublish["backend"], "commitSha" | "worktree"> };
}): MigrationWork {
  const { contract, target, source, live } = facts;
  const { migrate, dir } = source.manifest.backend;
  if (migrate === undefined) return { kind: "files", files: source.migrations };
  const { worktree } = live.backend;
  const env = { ...UNATTENDED, ...INSTALLED, ...backendVariables(contract, target.slot, live.backend) };
  return {
    kind: "command",
    command: { kind: "migrate", argv: migrate, cwd: `${worktree}/${dir}`, env, timeout_ms: MIGRATE_TIMEOUT_MS },
  };
}
