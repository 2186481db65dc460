import { OperatorError } from "@oroboros/slot-contract";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { ApiEnv } from "./acting.ts";
import type { Api, ApiContext } from "./api-context.ts";
import { guardRequest } from "./guard-request.ts";
import { problemOf, problemResponse } from "./problem.ts";
import { evidenceRoutes } from "./routes/evidence.ts";
import { healthRoutes } from "./routes/health.ts";
import { pageRoutes } from "./routes/page.ts";
import { runRoutes } from "./routes/runs.ts";
import { slotRoutes } from "./routes/slots.ts";
import { traceRequest } from "./trace-request.ts";

const MAX_BODY_BYTES = 1_048_576;

/** The control plane's HTTP interface, as one fetch handler. */
export function createApi(context: ApiContext): Api {
  const api: Api = new Hono<ApiEnv>();
  api.use(traceRequest);
  api.use(guardRequest(context.contract));
  api.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: () => problemResponse(bodyTooLarge()) }));
  healthRoutes(api, context);
  slotRoutes(api, context);
  runRoutes(api, context);
  evidenceRoutes(api, context);
  pageRoutes(api, context);
  api.notFound((c) =>
    problemResponse(
      new OperatorError("route_not_found", `Nothing answers ${c.req.method} ${c.req.path}.`, {
        hint: "Check the path and the method.",
      }),
    ),
  );
  api.onError((error, c) => {
    if (!(error instanceof OperatorError)) {
      context.log.error({ err: error, method: c.req.method, path: c.req.path }, "a request failed");
    }
    return problemResponse(problemOf(error));
  });
  return api;
}

function bodyTooLarge(): OperatorError {
  return new OperatorError("invalid_request", `The body is larger than ${MAX_BODY_BYTES} bytes.`, {
    hint: "Send less: a prompt has at most 20,000 characters.",
  });
}
