import { connect, type Socket } from "node:net";

const LOOPBACK = "127.0.0.1";

/**
 * Connects to a port of this host, trying again while it is refused: a backend that restarts is back in a moment, and nothing of
 * the request has been read yet. Resolves to undefined when it stays away. The signal ends the waiting and closes the connection.
 */
export async function connectUpstream(
  upstream: { port: number; connectAttempts: number; attemptEveryMs: number },
  signal: AbortSignal,
): Promise<Socket | undefined> {
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    const outcome = await tryConnect(upstream.port);
    if (typeof outcome === "object") return closeWhenAborted(outcome, signal);
    if (outcome !== "ECONNREFUSED" || attempt === upstream.connectAttempts) return undefined;
    await new Promise((resolve) => setTimeout(resolve, upstream.attemptEveryMs));
  }
  return undefined;
}

function closeWhenAborted(socket: Socket, signal: AbortSignal): Socket {
  const close = (): void => void socket.destroy();
  signal.addEventListener("abort", close, { once: true });
  if (signal.aborted) close();
  return socket;
}

function tryConnect(port: number): Promise<Socket | string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: LOOPBACK, noDelay: true });
    const fail = (error: NodeJS.ErrnoException): void => resolve(error.code ?? error.message);
    socket.once("error", fail);
    socket.once("connect", () => {
      socket.off("error", fail);
      resolve(socket);
    });
  });
}
