import type { MiddlewareHandler } from "hono";

const EVERY_PAGE = ["style-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"];

/** The headers of our own pages, which load nothing but what stands here besides their style sheet. */
export function pageHeaders(...loads: readonly string[]): MiddlewareHandler {
  const policy = ["default-src 'none'", ...loads, ...EVERY_PAGE].join("; ");
  return async (c, next) => {
    await next();
    c.header("content-security-policy", policy);
    c.header("x-content-type-options", "nosniff");
    c.header("referrer-policy", "no-referrer");
    c.header("cache-control", "no-cache");
  };
}
