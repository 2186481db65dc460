import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import type { Logger } from "@oroboros/service-kit";
import { type ErrorKind, OperatorError } from "@oroboros/slot-contract";

export type Exchange = Readonly<{
  /** What the route's named groups matched. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  header(name: string): string | undefined;
  body(limit?: { maxBytes: number }): Promise<unknown>;
  response: ServerResponse;
}>;

/** `answer` resolves to the JSON to send; undefined where it has written the response itself. */
export type Route = Readonly<{ method: "GET" | "POST"; path: RegExp; answer(exchange: Exchange): Promise<unknown> }>;

const MAX_BODY_BYTES = 1_048_576;
const STATUS: Record<ErrorKind, number> = {
  usage: 400,
  unauthenticated: 401,
  refused: 403,
  missing: 404,
  held: 409,
  limited: 429,
  gate: 502,
  failed: 500,
  interrupted: 500,
};

/** Plain HTTP on a unix socket: who may connect is the socket's mode, so there is nobody to authenticate. */
export function handleWith(routes: readonly Route[], log: Logger): RequestListener {
  return (request, response) => {
    answer(routes, request, response).catch((error: unknown) => {
      const problem = toProblem(error, log);
      if (response.headersSent) response.destroy();
      else
        sendJson(response, STATUS[problem.kind], { code: problem.code, message: problem.message, hint: problem.hint });
    });
  };
}

async function answer(routes: readonly Route[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://supervisor");
  for (const route of routes) {
    const match = request.method === route.method ? route.path.exec(pathname) : null;
    if (match === null) continue;
    const params = Object.fromEntries(
      Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
    const result = await route.answer({
      params,
      query: searchParams,
      header: (name) => request.headers[name]?.toString(),
      body: (limit) => readJson(request, limit?.maxBytes ?? MAX_BODY_BYTES),
      response,
    });
    if (result !== undefined) sendJson(response, 200, result);
    return;
  }
  throw new OperatorError("route_not_found", `${request.method} ${pathname} is not a route of this socket.`, {
    hint: "Use the oroboros command, which knows the routes.",
  });
}

async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  if (Number(request.headers["content-length"] ?? Infinity) > maxBytes) throw invalidRequest("The body is too large.");
  try {
    return await json(request);
  } catch {
    throw invalidRequest("The body is not JSON.");
  }
}

export const invalidRequest = (message: string): OperatorError =>
  new OperatorError("invalid_request", message, { hint: "Use the oroboros command of the same version." });

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function toProblem(error: unknown, log: Logger): OperatorError {
  if (error instanceof OperatorError) return error;
  log.error({ err: error }, "a request failed on an error it did not expect");
  return new OperatorError("internal_error", "The supervisor failed on an error it did not expect.", {
    hint: "Read the supervisor's log.",
  });
}
