import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "./acting.ts";

/** What no answer is without: nothing here is framed or guessed at, and only a page that says so itself loads anything. */
export const hardenAnswer: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await next();
  const { headers } = c.res;
  headers.set("x-content-type-options", "nosniff");
  headers.set("x-frame-options", "DENY");
  if (!headers.has("content-security-policy")) {
    headers.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  }
};
