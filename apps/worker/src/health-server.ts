import process from "node:process";
import type { Listen } from "@oroboros/service-kit";
import type { Health } from "@oroboros/slot-contract";

const { createServer } = process.getBuiltinModule("node:http");

/** `GET /health` on the worker's own port: 503 until it is ready to take runs. */
export async function serveHealth(
  listen: Listen,
  port: number,
  isReady: () => boolean,
): Promise<{ isListening(): boolean; close(): Promise<void> }> {
  const body = JSON.stringify({ status: "ok", service: "worker" } satisfies Health);
  const server = createServer((request, response) => {
    const found = request.method === "GET" && request.url === "/health";
    const status = found ? (isReady() ? 200 : 503) : 404;
    response.writeHead(status, { "content-type": "application/json" }).end(status === 200 ? body : "{}");
  });
  await listen(server, port);
  return {
    isListening: () => server.listening,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
