import { OperatorError, type RuntimeContract } from "@oroboros/slot-contract";
import type { Context, MiddlewareHandler } from "hono";
import type { ApiEnv } from "./acting.ts";
import { loopbackHosts, ownOrigin } from "./own-hosts.ts";

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];
/** What a browser says of a page's requests to its own origin, and of an address that a person typed (Fetch Metadata). */
export const OWN_SITES = ["same-origin", "none"];

/**
 * Refuses what a browser could be made to send: a foreign `Host` (DNS rebinding), and what carries a cookie or would change something
 * and does not come from the api's own page. The CORS list does not count here.
 *
 * @throws OperatorError `host_refused`, `origin_refused`.
 */
export function guardRequest(contract: RuntimeContract): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const host = c.req.header("host") ?? "";
    const own = ownOrigin(contract, host);
    if (own === undefined) {
      const shown = JSON.stringify(host.slice(0, 80));
      throw new OperatorError("host_refused", `The api does not answer for host ${shown}.`, {
        hint: `Use http://${loopbackHosts(contract)[0]}.`,
      });
    }
    const origin = c.req.header("origin");
    if (origin !== undefined && origin !== own && (!SAFE_METHODS.includes(c.req.method) || hasCookie(c))) {
      throw originRefused(`A page of ${JSON.stringify(origin.slice(0, 80))} may not change anything here.`);
    }
    if (origin === undefined && hasCookie(c) && !isOwnPages(c)) {
      throw originRefused("A request with a cookie has to say, by its Origin, that a page of the api's own sent it.");
    }
    await next();
  };
}

const hasCookie = (c: Context<ApiEnv>): boolean => c.req.header("cookie") !== undefined;

/**
 * No browser adds an Origin to a page's GET of its own origin, and the cookies of every other port of 127.0.0.1 come with it; no script
 * can set `Sec-Fetch-*`. A link elsewhere may lead here: a navigation shows the page, and nothing it does counts as the session's.
 */
function isOwnPages(c: Context<ApiEnv>): boolean {
  if (!SAFE_METHODS.includes(c.req.method)) return false;
  return OWN_SITES.includes(c.req.header("sec-fetch-site") ?? "") || c.req.header("sec-fetch-mode") === "navigate";
}

function originRefused(problem: string): OperatorError {
  return new OperatorError("origin_refused", problem, {
    hint: "Use the operator's page, the command line, or a client of your own that sends a token and no cookie.",
  });
}
