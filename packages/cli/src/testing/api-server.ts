import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { IDEMPOTENCY_KEY_HEADER } from "@oroboros/slot-contract";

export interface ApiServer extends AsyncDisposable {
  readonly url: string;
  /** Method, path, authorization, key and body of every request, in their order. */
  readonly requests: { line: string; authorization: string | undefined; key: string | undefined; body: string }[];
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A real HTTP server that stands for the api. */
export async function apiServer(answer: Answer): Promise<ApiServer> {
  const requests: ApiServer["requests"] = [];
  // Ends no connection by itself: the next request may be on its way on it.
  const server = createServer({ keepAliveTimeout: 0 }, async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const { authorization, [IDEMPOTENCY_KEY_HEADER.toLowerCase()]: key } = request.headers;
    requests.push({ line: `${request.method} ${request.url}`, authorization, key: key?.toString(), body });
    answer(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise((closed) => {
        server.closeAllConnections();
        server.close(() => closed());
      }),
  };
}

export const json =
  (status: number, body: unknown, type = "application/json"): Answer =>
  (_request, response) =>
    void response.writeHead(status, { "content-type": type }).end(JSON.stringify(body));

export const problem = (status: number, code: string, detail: string): Answer =>
  json(
    status,
    { type: "about:blank", title: code, status, code, detail, hint: "Do something else." },
    "application/problem+json",
  );

/** Another answer for each method and path; a problem for every other one. */
export const byPath =
  (answers: Record<string, Answer>): Answer =>
  (request, response) => {
    const [path = ""] = (request.url ?? "").split("?");
    (answers[`${request.method} ${path}`] ?? problem(404, "route_not_found", "No such route."))(request, response);
  };
