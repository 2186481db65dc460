/** Why a run failed. Required with `failed`, refused with a forward transition. */
export const FAILURE_CODES = [
  "VALIDATION_FAILED",
  "CHECKS_FAILED",
  "MIGRATION_FAILED",
  "AGENT_TIMEOUT",
  "POLICY_REJECTED",
  "UNKNOWN_ERROR",
] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];

/** Recorded with `canceled` and `expired`. */
export const ENDING_CODES = ["AGENT_CANCELED", "PREVIEW_EXPIRED"] as const;
export type ReasonCode = FailureCode | (typeof ENDING_CODES)[number];

export const WAITING_FOR_SLOT = "WAITING_FOR_SLOT";
