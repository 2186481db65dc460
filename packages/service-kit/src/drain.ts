import type { Server } from "node:http";
import { Server as NetServer } from "node:net";

const SWEEP_MS = 50;

/**
 * Stops an HTTP server without losing a request. For `lingerMs`, or until no connection is open, it goes on answering, and asks every client
 * to close: on a connection that rests, a request may already be on its way. Then it accepts nothing new and closes each connection as it
 * falls idle. What is still busy after `deadlineMs` is cut off. Resolves when no connection is left.
 */
export async function drain(server: Server, limits: { lingerMs: number; deadlineMs: number }): Promise<void> {
  server.prependListener("request", (_request, response) => {
    response.shouldKeepAlive = false;
  });
  const deadline = setTimeout(() => server.closeAllConnections(), limits.deadlineMs);
  await linger(server, limits.lingerMs);
  const stopped = stopAccepting(server);
  closeIdle(server);
  const sweep = setInterval(() => closeIdle(server), SWEEP_MS);
  await stopped;
  clearInterval(sweep);
  clearTimeout(deadline);
}

async function linger(server: Server, lingerMs: number): Promise<void> {
  const end = performance.now() + lingerMs;
  for (let leftMs = lingerMs; leftMs > 0 && (await hasConnections(server)); leftMs = end - performance.now()) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(SWEEP_MS, leftMs)));
  }
}

function hasConnections(server: Server): Promise<boolean> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error !== null || count > 0)));
}

/** Not from a timer: those come before what has arrived meanwhile is read, and a connection with a request in it is not idle. */
function closeIdle(server: Server): void {
  setImmediate(() => server.closeIdleConnections());
}

/** `http.Server.close` would close idle connections at once; the one it inherits from `net` leaves them alone. */
function stopAccepting(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    NetServer.prototype.close.call(server, (error) => (error === undefined ? resolve() : reject(error)));
  });
}
