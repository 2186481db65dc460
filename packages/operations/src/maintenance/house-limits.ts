import type { WorkerEnvironment } from "@oroboros/slot-contract/environments";
import type { HouseLimits } from "../reconcile/plan-reconcile.ts";

const MEGABYTE = 1024 * 1024;
const DAY_MS = 86_400_000;

/** The ages and budgets that `worker.env` sets. */
export const houseLimits = (env: WorkerEnvironment): HouseLimits => ({
  evidenceMaxAgeMs: env.WORKER_ARTIFACT_MAX_AGE_DAYS * DAY_MS,
  evidenceBytes: env.WORKER_ARTIFACT_BUDGET_MB * MEGABYTE,
  packagesBytes: env.WORKER_CACHE_BUDGET_MB * MEGABYTE,
});
