import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { OperatorError } from "@oroboros/slot-contract";
import { describeProblem } from "./problem.ts";
import { requestObjection } from "./request-objection.ts";

const LIMITS = {
  // After a restart all come at once who waited for it.
  maxConnections: 2_048,
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
  // Ours answers it with a problem.
  requireHostHeader: false,
  // Time to send some megabytes on a busy machine.
  refusedLingerMs: 2_000,
};

type Fetch = Parameters<typeof getRequestListener>[0];

/**
 * A server, which does not listen yet, for one fetch handler. What HTTP lets through and no client of ours sends is refused here, and
 * every refusal, a parser's included, is a problem.
 */
export function openHttpServer(fetch: Fetch, changed: Partial<typeof LIMITS> = {}): Server {
  const { maxConnections, refusedLingerMs, ...limits } = { ...LIMITS, ...changed };
  const answer = getRequestListener(fetch);
  const server = createServer(limits, (incoming, outgoing) => {
    const objection = requestObjection(incoming);
    if (objection === undefined) void answer(incoming, outgoing);
    else refuse(incoming, outgoing, objection, refusedLingerMs);
  });
  server.maxConnections = maxConnections;
  server.on("clientError", (error: NodeJS.ErrnoException, socket) =>
    endWith(socket, unreadable(error.code), refusedLingerMs),
  );
  server.on("connect", (_request, socket) => endWith(socket, noTunnels(), refusedLingerMs));
  return server;
}

function refuse(incoming: IncomingMessage, outgoing: ServerResponse, objection: OperatorError, lingerMs: number): void {
  const { status, headers, body } = describeProblem(objection);
  outgoing.writeHead(status, {
    ...headers,
    "content-length": Buffer.byteLength(body),
    connection: "close",
    ...(status === 405 ? { allow: "GET, HEAD, POST" } : {}),
  });
  outgoing.write(body);
  endAfter(incoming, outgoing, lingerMs);
}

/** A connection that is closed while its client still sends is reset, and the answer may be lost: what it sends is read, for a time. */
function endAfter(incoming: IncomingMessage, outgoing: ServerResponse, lingerMs: number): void {
  const ending = setTimeout(() => outgoing.end(), lingerMs);
  const end = (): void => {
    clearTimeout(ending);
    outgoing.end();
  };
  incoming.once("end", end).once("close", end).resume();
}

const answered = new WeakSet<Duplex>();

/** Answers where Node has no response object to answer with, and no longer looks after the connection either. */
function endWith(socket: Duplex, error: OperatorError, lingerMs: number): void {
  // The parser objects again to each piece that follows.
  if (answered.has(socket)) return;
  answered.add(socket);
  // Node takes its own listener away with a CONNECT, and the client's reset would be the end of the process.
  socket.on("error", () => undefined);
  if (!socket.writable) return void socket.destroy();
  const { status, headers, body } = describeProblem(error);
  const all = { ...headers, "content-length": Buffer.byteLength(body), connection: "close" };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body}`);
  closeAfter(socket, lingerMs);
}

/** As {@link endAfter}; a connection that is only ended stays for as long as its client likes. */
function closeAfter(socket: Duplex, lingerMs: number): void {
  const closing = setTimeout(() => socket.destroy(), lingerMs);
  socket.once("close", () => clearTimeout(closing)).resume();
}

function unreadable(code: string | undefined): OperatorError {
  const hint = "Send it again as plain HTTP/1.1, with less in its headers.";
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return new OperatorError("request_timed_out", "The request took too long to arrive.", { hint: "Send it again." });
  }
  if (code === "HPE_HEADER_OVERFLOW") {
    return new OperatorError("invalid_request", `The headers are larger than ${LIMITS.maxHeaderSize} bytes.`, { hint });
  }
  return new OperatorError("invalid_request", "The request is not HTTP/1.1 as this server reads it.", { hint });
}

function noTunnels(): OperatorError {
  return new OperatorError("method_not_allowed", "CONNECT is not answered here.", {
    hint: "Send the request without a proxy.",
  });
}
