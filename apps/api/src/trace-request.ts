import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "./acting.ts";

const TRACE_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** Gives a request the trace id it brings in `X-Trace-Id`, or one of its own, which the answer says. */
export const traceRequest: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const brought = c.req.header("x-trace-id") ?? "";
  c.set("traceId", TRACE_ID.test(brought) ? brought : crypto.randomUUID());
  await next();
  c.res.headers.set("x-trace-id", c.get("traceId"));
};
