import { OperatorError, type ErrorKind, type Problem } from "@oroboros/slot-contract";

const STATUS: Record<ErrorKind, number> = {
  usage: 400,
  missing: 404,
  unauthenticated: 401,
  refused: 403,
  held: 409,
  limited: 429,
  gate: 409,
  failed: 500,
};

/** What a client is told of an error: an unexpected one keeps its details to the log. */
export function problemOf(error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  return new OperatorError("internal_error", "The api failed on an error it did not expect.", {
    hint: "The api's log has the details.",
  });
}

/** An error as problem details (RFC 9457). */
export function problemResponse(error: OperatorError): Response {
  const status = STATUS[error.kind];
  const problem: Problem = {
    type: "about:blank",
    title: error.code.replaceAll("_", " "),
    status,
    code: error.code,
    detail: error.message,
    hint: error.hint,
  };
  const headers = new Headers({ "content-type": "application/problem+json" });
  if (status === 401) headers.set("www-authenticate", "Bearer");
  return new Response(JSON.stringify(problem), { status, headers });
}
