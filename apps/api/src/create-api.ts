import { OperatorError } from "@oroboros/slot-contract";
import { Hono } from "hono";
import type { Context, MiddlewareHandler } from "hono";
import { incomingOf, type ApiEnv } from "./acting.ts";
import { allowedMethods } from "./allowed-methods.ts";
import { allowOrigins } from "./allow-origins.ts";
import { answerInTime } from "./answer-in-time.ts";
import type { Api, ApiContext } from "./api-context.ts";
import { guardBody } from "./guard-body.ts";
import { guardRequest } from "./guard-request.ts";
import { hardenAnswer } from "./harden-answer.ts";
import { limitFailures } from "./limit-failures.ts";
import { tallyRequests } from "./metrics/request-tally.ts";
import { observeRequest } from "./observe-request.ts";
import { problemOf, problemResponse } from "./problem.ts";
import { docsRoutes } from "./routes/docs.ts";
import { evidenceRoutes } from "./routes/evidence.ts";
import { healthRoutes } from "./routes/health.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { operationRoutes } from "./routes/operations.ts";
import { pageRoutes } from "./routes/page.ts";
import { releaseRoutes } from "./routes/releases.ts";
import { reviewRoutes } from "./routes/review.ts";
import { runActionRoutes } from "./routes/run-actions.ts";
import { runRoutes } from "./routes/runs.ts";
import { sessionRoutes } from "./routes/session.ts";
import { slotRoutes } from "./routes/slots.ts";
import { traceRequest } from "./trace-request.ts";

const ANSWER_DEADLINE_MS = 30_000;

/** The control plane's HTTP interface, as one fetch handler. */
export function createApi(context: ApiContext): Api {
  const api: Api = new Hono<ApiEnv>();
  const requests = tallyRequests();
  api.use(traceRequest, observeRequest(context, requests), hardenAnswer, knowAccess(context));
  api.use(guardRequest(context.contract), allowOrigins(context.contract));
  api.use(answerInTime(context.answerDeadlineMs ?? ANSWER_DEADLINE_MS), ...guardBody);
  healthRoutes(api, context);
  sessionRoutes(api, context);
  slotRoutes(api, context);
  runRoutes(api, context);
  runActionRoutes(api, context);
  reviewRoutes(api, context);
  operationRoutes(api, context);
  releaseRoutes(api, context);
  evidenceRoutes(api, context);
  docsRoutes(api);
  metricsRoutes(api, context, requests);
  pageRoutes(api, context);
  api.notFound((c) => refuseUnknown(api, c));
  api.onError((error, c) => {
    const problem = bodyBrokeOff(c) ?? problemOf(error);
    if (problem.code === "internal_error") {
      context.log.error({ err: error, method: c.req.method, ...askedFor(c) }, "a request failed");
    }
    return problemResponse(problem, askedFor(c));
  });
  return api;
}

function knowAccess({ contract, loopbackIdentity = false }: ApiContext): MiddlewareHandler<ApiEnv> {
  const access = { contract, loopbackIdentity, failures: limitFailures(() => performance.now()) };
  return async (c, next) => {
    c.set("access", access);
    await next();
  };
}

const askedFor = (c: Context<ApiEnv>): { path: string; traceId: string } => ({
  path: c.req.path,
  traceId: c.get("traceId"),
});

function refuseUnknown(api: Api, c: Context<ApiEnv>): Response {
  const { method, path } = c.req;
  const allowed = allowedMethods(api, path);
  if (allowed.length === 0) {
    const nothing = new OperatorError("route_not_found", `Nothing answers ${method} ${path}.`, {
      hint: "Check the path and the method.",
    });
    return problemResponse(nothing, askedFor(c));
  }
  const problem = new OperatorError("method_not_allowed", `${path} does not answer ${method}.`, {
    hint: `Use ${allowed.join(", ")}.`,
  });
  const response = problemResponse(problem, askedFor(c));
  response.headers.set("allow", allowed.join(", "));
  return response;
}

/** A client that went away in the middle of its body is no error of ours. */
function bodyBrokeOff(c: Context<ApiEnv>): OperatorError | undefined {
  const incoming = incomingOf(c);
  if (incoming?.destroyed !== true || incoming.complete) return undefined;
  return new OperatorError("invalid_request", "The request ended before its body did.", { hint: "Send it again." });
}
