import type { StepRequest } from "@oroboros/slot-contract";

/** One step in its tries: the first that exits with 0 is the step's result, and where none does the last one's end is. */
export type StepTries = readonly [StepRequest, ...StepRequest[]];

/**
 * pnpm's settings for a store that belongs to somebody else. Its files are copied, never hard-linked: through a link a branch could
 * write into what the next branch installs. The lockfile is one of main's, whose packages were verified when they were fetched.
 */
const SHARED_STORE = {
  pnpm_config_frozen_store: "true",
  pnpm_config_offline: "true",
  pnpm_config_trust_lockfile: "true",
  pnpm_config_package_import_method: "clone-or-copy",
};

/**
 * An install that takes its packages from a shared `store` first, and comes by them as it would without one where that fails.
 * `store` is null where none covers the step's lockfile; a step that is no `pnpm install` stays as it is.
 */
export function withPackageCache(step: StepRequest, store: string | null): StepTries {
  if (store === null || !isPnpmInstall(step.argv)) return [step];
  return [{ ...step, env: { ...step.env, ...SHARED_STORE, pnpm_config_store_dir: store } }, step];
}

export const isPnpmInstall = ([program, verb]: readonly string[]): boolean =>
  program === "pnpm" && (verb === "install" || verb === "i");
