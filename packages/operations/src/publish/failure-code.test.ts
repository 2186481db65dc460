import { OperatorError, PUBLISH_STEPS, type ErrorCode, type PublishStepName } from "@oroboros/slot-contract";
import { describe, expect, test } from "vitest";
import { failureCode } from "./failure-code.ts";

const failed = (code: ErrorCode): OperatorError => new OperatorError(code, "It failed.", { hint: "Try again." });
const STEPS = Object.keys(PUBLISH_STEPS) as PublishStepName[];

describe("what a run records about a failed step", () => {
  test.each([
    ["checkout", "step_failed", "VALIDATION_FAILED"],
    ["database_reset", "reset_failed", "MIGRATION_FAILED"],
    ["database_reset", "seed_failed", "MIGRATION_FAILED"],
    ["frontend_publish", "step_failed", "CHECKS_FAILED"],
    ["dependency_sync", "step_failed", "CHECKS_FAILED"],
    ["migration", "migration_failed", "MIGRATION_FAILED"],
    ["backend_restart", "backend_not_started", "CHECKS_FAILED"],
    ["readiness", "gate_failed", "CHECKS_FAILED"],
    ["smoke", "step_failed", "CHECKS_FAILED"],
  ] as const)("%s with %s is %s", (step, code, expected) => {
    expect(failureCode(step, failed(code))).toBe(expected);
  });

  test.each(STEPS)("%s that takes too long is a timeout", (step) => {
    expect(failureCode(step, failed("step_timed_out"))).toBe("AGENT_TIMEOUT");
  });

  test.each(STEPS)("%s that is refused is a rejection by policy, whatever the step", (step) => {
    expect(failureCode(step, failed("slot_database_mismatch"))).toBe("POLICY_REJECTED");
    expect(failureCode(step, failed("path_refused"))).toBe("POLICY_REJECTED");
  });

  test.each(STEPS)("%s that meets a defect of the runtime does not blame the branch", (step) => {
    expect(failureCode(step, new TypeError("undefined is not a function"))).toBe("UNKNOWN_ERROR");
  });
});
