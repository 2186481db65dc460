import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Logger } from "@oroboros/service-kit";
import { proxyApi, type Upstream } from "./api-proxy.ts";
import type { SurfaceSettings } from "./env.ts";
import { sendProblem } from "./problem.ts";
import { requestObjection } from "./request-objection.ts";
import { serveStatic } from "./static-files.ts";
import { sendHealth } from "./surface-health.ts";
import { openTraffic, type Traffic } from "./traffic.ts";

// Importing node:http would load its WebSocket client as well: 11 MB in every surface.
const { createServer } = process.getBuiltinModule("node:http");

const PATIENCE = { connectAttempts: 40, attemptEveryMs: 50, answerTimeoutMs: 60_000 };

/** The HTTP server of one surface: its health, its `/api`, and otherwise the files of its build. */
export function createSurfaceServer(
  settings: SurfaceSettings,
  log: Pick<Logger, "error">,
  patience: Omit<Upstream, "slot" | "port"> = PATIENCE,
): Server {
  const traffic = openTraffic();
  const upstream = { slot: settings.slot, port: settings.upstreamPort, ...patience };
  // An upload may take as long as it takes; only the headers have to arrive in time.
  return createServer({ requestTimeout: 0 }, (request, response) => {
    answer(request, response, settings, { upstream, traffic }).catch((error: unknown) => {
      if (!isDisconnect(error)) log.error({ err: error, method: request.method, url: request.url }, "request failed");
      if (response.headersSent) response.destroy();
      else sendProblem(response, 500, INTERNAL);
    });
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  settings: SurfaceSettings,
  { upstream, traffic }: { upstream: Upstream; traffic: Traffic },
): Promise<void> {
  const objection = requestObjection(request);
  if (objection !== undefined) {
    return sendProblem(response, 400, {
      code: "invalid_request",
      detail: objection,
      hint: "Send a plain HTTP/1.1 request.",
    });
  }
  const path = (request.url ?? "").split(/[?#]/, 1)[0] ?? "";
  traffic.note(path, response);
  if (path === "/api" || path.startsWith("/api/")) return proxyApi(request, response, upstream);
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("allow", "GET, HEAD");
    return sendProblem(response, 405, READ_ONLY);
  }
  if (path === "/health") return sendHealth(response, settings, traffic.idleSeconds());
  return serveStatic(request, response, { root: settings.root, path });
}

/** The client went away, or an upstream did after its answer had begun: the broken connection says it all. */
function isDisconnect(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ERR_STREAM_PREMATURE_CLOSE" || code === "ECONNRESET" || code === "EPIPE";
}

const READ_ONLY = { code: "invalid_request", detail: "Files can only be read.", hint: "Send writes to /api." } as const;
const INTERNAL = {
  code: "internal_error",
  detail: "The surface could not answer.",
  hint: "Look into the log of this web service.",
} as const;
