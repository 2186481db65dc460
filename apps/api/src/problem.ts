import { OperatorError, type ErrorCode, type ErrorKind, type Problem } from "@oroboros/slot-contract";
import { RateLimited } from "./limit-failures.ts";

const STATUS_OF_KIND: Record<ErrorKind, number> = {
  usage: 400,
  missing: 404,
  unauthenticated: 401,
  refused: 403,
  held: 409,
  limited: 429,
  gate: 409,
  failed: 500,
  interrupted: 500,
};
/** Where HTTP has a word of its own for a case. */
const STATUS_OF_CODE: Partial<Record<ErrorCode, number>> = {
  method_not_allowed: 405,
  idempotency_key_reused: 422,
  body_too_large: 413,
  unsupported_media_type: 415,
  request_timed_out: 503,
  unreachable: 503,
};
/** What `lock_timeout` ends a statement with. */
const LOCK_NOT_AVAILABLE = "55P03";
const RETRY_AFTER_SECONDS: Partial<Record<ErrorCode, number>> = { being_changed: 2 };
const SHOWN_PATH = 200;

/** The request that a problem is the answer to. */
export interface AskedFor {
  path: string;
  traceId: string;
}

export const statusOf = ({ code, kind }: OperatorError): number => STATUS_OF_CODE[code] ?? STATUS_OF_KIND[kind];

/** What a client is told of an error: an unexpected one keeps its details to the log. */
export function problemOf(error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  if (isDatabaseAway(error)) {
    // The connection may have been lost in the middle of a commit, of which nobody then knows whether it happened.
    return new OperatorError("unreachable", "The control database does not answer.", {
      hint: "Try again in a moment, but look first whether a change was made all the same; /health/ready says when it is back.",
    });
  }
  if (codeOf(error) === LOCK_NOT_AVAILABLE) {
    return new OperatorError(
      "being_changed",
      "Somebody else is changing the same run or slot, and does not let go of it.",
      {
        hint: "Nothing was changed by this request. Try again in a moment; see who is at work with: oroboros slots list",
      },
    );
  }
  return new OperatorError("internal_error", "The api failed on an error it did not expect.", {
    hint: "The api's log has the details.",
  });
}

/** PostgreSQL, appendix A: class 08 is a broken connection, 57P a server that ends or starts; the others are the socket's. */
const isDatabaseAway = (error: unknown): boolean =>
  /^(08...|57P0[123]|ECONNREFUSED|ECONNRESET|EPIPE)$/.test(codeOf(error));

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");

/** An error as problem details (RFC 9457). */
export function problemResponse(error: OperatorError, asked?: AskedFor): Response {
  const { status, headers, body } = describeProblem(error, asked);
  return new Response(body, { status, headers });
}

/** The parts of such an answer, for where no `Response` can be sent. */
export function describeProblem(
  error: OperatorError,
  asked?: AskedFor,
): { status: number; headers: Record<string, string>; body: string } {
  const status = statusOf(error);
  const problem: Problem = {
    type: "about:blank",
    title: error.code.replaceAll("_", " "),
    status,
    code: error.code,
    detail: error.message,
    hint: error.hint,
    ...(asked === undefined ? {} : { instance: asked.path.slice(0, SHOWN_PATH), trace_id: asked.traceId }),
  };
  const retryAfter = error instanceof RateLimited ? error.retryAfterSeconds : RETRY_AFTER_SECONDS[error.code];
  const headers = {
    "content-type": "application/problem+json",
    ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
    ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
  };
  return { status, headers, body: JSON.stringify(problem) };
}
