import type { Server } from "node:http";
import { Server as NetServer } from "node:net";

const SWEEP_MS = 50;

/**
 * Stops an HTTP server without losing a request: it accepts nothing new, asks every client that still sends something to close,
 * leaves idle connections open for `lingerMs` (a request may already be on its way), then closes each as it falls idle. What is
 * still busy after `deadlineMs` is cut off. Resolves when no connection is left.
 */
export async function drain(server: Server, limits: { lingerMs: number; deadlineMs: number }): Promise<void> {
  server.prependListener("request", (_request, response) => {
    response.shouldKeepAlive = false;
  });
  let sweep: NodeJS.Timeout | undefined;
  const startSweeping = (): void => {
    server.closeIdleConnections();
    sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  };
  const linger = setTimeout(startSweeping, limits.lingerMs);
  const deadline = setTimeout(() => server.closeAllConnections(), limits.deadlineMs);
  await stopAccepting(server);
  for (const timer of [linger, deadline, sweep]) clearTimeout(timer);
}

/** `http.Server.close` would close idle connections at once; the one it inherits from `net` leaves them alone. */
function stopAccepting(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    NetServer.prototype.close.call(server, (error) => (error === undefined ? resolve() : reject(error)));
  });
}
