import { ApiError, ERROR_KINDS, OperatorError, type ErrorCode } from "@oroboros/slot-contract";

const HOW_TO_GET_A_TOKEN =
  "Make a token with: oroboros token create --role operator --label me; set it as OROBOROS_TOKEN.";

/** What went wrong with a call to the api, as a command tells it: the api's own code, or `unreachable`. */
export function apiError(origin: string, error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  if (!(error instanceof ApiError)) {
    return new OperatorError("unreachable", `The api at ${origin} does not answer (${reasonOf(error)}).`, {
      hint: "Check that the runtime is up and that OROBOROS_API_URL is its address.",
      cause: error,
    });
  }
  const { code, status, message, hint } = error;
  // The api tells how a request carries a token; here it is a variable.
  if (code === "not_authenticated") return new OperatorError(code, message, { hint: HOW_TO_GET_A_TOKEN });
  if (isErrorCode(code)) return new OperatorError(code, message, { hint });
  if (code !== "unexpected_answer") {
    return new OperatorError("internal_error", `The api answered ${status} ${code}: ${message}`, { hint });
  }
  return new OperatorError("unreachable", `What answers at ${origin} is not the api of this version: ${message}`, {
    hint: `It answered ${status}. Check OROBOROS_API_URL, and that the api and this command come from the same release.`,
  });
}

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_KINDS, code);

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  ENOTFOUND: "no such host",
  ETIMEDOUT: "timed out",
};

/** `fetch` says only that it failed, with a TypeError; why is in its cause, which not always has a code. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const { cause } = error;
  // A message of its own may quote the header that has the token.
  if (!(cause instanceof Error)) return error.name;
  const code = "code" in cause ? String(cause.code) : "";
  return REASONS[code] ?? (code || cause.message);
}
