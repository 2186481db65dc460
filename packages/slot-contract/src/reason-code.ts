/**
 * Why a run failed. Required with `failed`, refused with a forward transition.
 *
 * `VALIDATION_FAILED`: manifest, branch or commit unusable. `CHECKS_FAILED`: configured checks, build, dependency sync, backend
 * restart, readiness, smoke. `MIGRATION_FAILED`: reset, seed, migration. `MERGE_CONFLICT`, `DEPLOY_PUSH_FAILED`,
 * `DEPLOY_HEALTHCHECK_FAILED`: after the approval. `AGENT_TIMEOUT`: any step's deadline. `POLICY_REJECTED`: exec or database
 * policy, or a reviewer's no.
 */
export const FAILURE_CODES = [
  "VALIDATION_FAILED",
  "CHECKS_FAILED",
  "MIGRATION_FAILED",
  "MERGE_CONFLICT",
  "DEPLOY_PUSH_FAILED",
  "DEPLOY_HEALTHCHECK_FAILED",
  "AGENT_TIMEOUT",
  "POLICY_REJECTED",
  "UNKNOWN_ERROR",
] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];

/** Recorded with `canceled` and `expired`. */
export const ENDING_CODES = ["AGENT_CANCELED", "PREVIEW_EXPIRED"] as const;
export type ReasonCode = FailureCode | (typeof ENDING_CODES)[number];

/** Why a queued run waits; never why one ended. */
export const WAITING_FOR_SLOT = "WAITING_FOR_SLOT";
