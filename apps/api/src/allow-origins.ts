import { corsAllowedOrigins, OperatorError, type RuntimeContract } from "@oroboros/slot-contract";
import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "./acting.ts";

const PREFLIGHT_SECONDS = "600";
const READING = {
  "access-control-allow-methods": "GET, HEAD",
  "access-control-allow-headers": "authorization, if-none-match, last-event-id, x-trace-id",
  "access-control-max-age": PREFLIGHT_SECONDS,
};
const READABLE = "etag, retry-after, x-trace-id";

/**
 * Lets pages of the contract's origins read answers; a token they still need, and credentials of the browser's are never allowed.
 *
 * @throws OperatorError `origin_refused` for a preflight of another origin.
 */
export function allowOrigins(contract: RuntimeContract): MiddlewareHandler<ApiEnv> {
  const listed = new Set(corsAllowedOrigins(contract));
  return async (c, next) => {
    const origin = c.req.header("origin");
    const isListed = origin !== undefined && listed.has(origin);
    if (
      c.req.method === "OPTIONS" &&
      origin !== undefined &&
      c.req.header("access-control-request-method") !== undefined
    ) {
      if (!isListed) throw preflightRefused(origin);
      c.res = new Response(null, { status: 204, headers: READING });
    } else {
      await next();
    }
    c.res.headers.append("vary", "Origin");
    if (!isListed) return;
    c.res.headers.set("access-control-allow-origin", origin);
    c.res.headers.set("access-control-expose-headers", READABLE);
  };
}

function preflightRefused(origin: string): OperatorError {
  return new OperatorError("origin_refused", `Pages of ${JSON.stringify(origin.slice(0, 80))} may not read this api.`, {
    hint: "Name the origin in OROBOROS_CORS_ORIGINS if they should.",
  });
}
