import * as z from "zod";
import type { CommitSha } from "../commit-sha.ts";
import type { RuntimeContract } from "../runtime-contract.ts";
import { scriptsPath } from "../static-roots.ts";
import { commandVariable } from "./variables.ts";

/** What the push hook of an approved merge does: skip and record, push `main`, or only say what it would push. */
export const GIT_PUSH_MODES = ["manual", "auto", "dry-run"] as const;
export type GitPushMode = (typeof GIT_PUSH_MODES)[number];

/** The production-specific variables: what happens once an approved run is merged. */
export const deployHookVariables = {
  DEPLOY_BACKEND_RELOAD_CMD: commandVariable.optional(),
  DEPLOY_BACKEND_HEALTHCHECK_CMD: commandVariable.optional(),
  DEPLOY_GIT_PUSH_MODE: z.enum(GIT_PUSH_MODES, `must be one of ${GIT_PUSH_MODES.join(", ")}`).default("manual"),
};

/** The hooks as the release ships them. */
export function defaultDeployHooks(contract: RuntimeContract) {
  return {
    DEPLOY_BACKEND_RELOAD_CMD: [`${scriptsPath(contract)}/deploy.sh`, "{commit_sha}"],
    DEPLOY_BACKEND_HEALTHCHECK_CMD: [`${scriptsPath(contract)}/runtime-health-check.sh`, "--scope", "production"],
  };
}

/** A hook's argv for one commit. */
export const deployCommand = (argv: readonly string[], commit: CommitSha): string[] =>
  argv.map((word) => word.replaceAll("{commit_sha}", commit));
