import { runIdSchema } from "@oroboros/slot-contract";
import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { ApiEnv, Principal } from "./acting.ts";
import type { ApiContext } from "./api-context.ts";
import type { RequestTally } from "./metrics/request-tally.ts";

const HEALTH = ["/health", "/api/health", "/health/ready"];
const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];
const NO_ROUTE = "none";

/**
 * Counts every request, and leaves one line of each but those for health: who asked for which route, for which run, and how it
 * ended. Nothing of what was sent is in it but the ids that the path has. Reads that went well are for `debug` only.
 */
export function observeRequest({ log }: Pick<ApiContext, "log">, requests: RequestTally): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const startedAt = performance.now();
    await next();
    const ms = Math.round((performance.now() - startedAt) * 10) / 10;
    const { method } = c.req;
    const { status } = c.res;
    const route = matchedRoutes(c).find(({ path }) => !path.endsWith("*"))?.path ?? NO_ROUTE;
    requests.count({ method, route, status, ms });
    if (HEALTH.includes(route)) return;
    const level = SAFE_METHODS.includes(method) && status < 400 ? "debug" : "info";
    const principal = c.get("principal") as Principal | undefined;
    log[level](
      {
        trace_id: c.get("traceId"),
        method,
        route,
        status,
        ms,
        ...(principal === undefined ? {} : { principal: principal.name }),
        ...idsIn(c.req.path, route),
      },
      "request",
    );
  };
}

/** The run and the slot that a path names, as the rest of the log names them. */
function idsIn(path: string, route: string): { run_id?: string; slot_id?: string } {
  const names = route.split("/");
  const values = path.split("/");
  const valueOf = (name: string): string => values[names.indexOf(name)] ?? "";
  const runId = route.startsWith("/api/runs/:id") ? runIdSchema.safeParse(valueOf(":id")).data : undefined;
  const slotId = /^preview-?\d{1,3}$/.exec(valueOf(":slot"))?.[0];
  return { ...(runId === undefined ? {} : { run_id: runId }), ...(slotId === undefined ? {} : { slot_id: slotId }) };
}
