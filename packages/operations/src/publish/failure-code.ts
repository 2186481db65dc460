import { OperatorError, type FailureCode, type PublishStepName } from "@oroboros/slot-contract";

const CODE_OF_STEP: Record<PublishStepName, FailureCode> = {
  checkout: "VALIDATION_FAILED",
  database_reset: "MIGRATION_FAILED",
  frontend_publish: "CHECKS_FAILED",
  dependency_sync: "CHECKS_FAILED",
  migration: "MIGRATION_FAILED",
  backend_restart: "CHECKS_FAILED",
  readiness: "CHECKS_FAILED",
  smoke: "CHECKS_FAILED",
};

/** A step's failure as its run records it. */
export function failureCode(step: PublishStepName, error: unknown): FailureCode {
  if (!(error instanceof OperatorError)) return "UNKNOWN_ERROR";
  if (error.code === "step_timed_out") return "AGENT_TIMEOUT";
  if (error.kind === "refused") return "POLICY_REJECTED";
  return CODE_OF_STEP[step];
}
