import process from "node:process";
import { listenLoopback } from "@oroboros/service-kit";
import type { Health } from "@oroboros/slot-contract";

const { createServer } = process.getBuiltinModule("node:http");

/** `GET /health` on the worker's own port. */
export async function serveHealth(port: number): Promise<{ close(): Promise<void> }> {
  const body = JSON.stringify({ status: "ok", service: "worker" } satisfies Health);
  const server = createServer((request, response) => {
    const found = request.method === "GET" && request.url === "/health";
    response.writeHead(found ? 200 : 404, { "content-type": "application/json" }).end(found ? body : "{}");
  });
  await listenLoopback(server, port);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
