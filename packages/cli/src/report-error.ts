import { OperatorError } from "@oroboros/slot-contract";

const CONNECTION_ERRORS = new Set(["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "ETIMEDOUT", "EHOSTUNREACH"]);

/** What an operator is told about an error: its own code and hint, or that it is a bug of ours. */
export function operatorErrorOf(error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (CONNECTION_ERRORS.has(code)) {
    return new OperatorError("unreachable", `A server of the installation does not answer (${code}).`, {
      hint: "Check that it is up: oroboros slots health-check",
      cause: error,
    });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new OperatorError("internal_error", `The command stopped on an error it did not expect: ${message}`, {
    hint: "Run it again with OROBOROS_DEBUG=1 to see where, and report it.",
    cause: error,
  });
}
