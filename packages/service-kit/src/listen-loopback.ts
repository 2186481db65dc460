import type { AddressInfo, Server } from "node:net";
import { portListener } from "@oroboros/host/port-listener";
import { OperatorError } from "@oroboros/slot-contract";

export const LOOPBACK = "127.0.0.1";

/**
 * Listens on 127.0.0.1 and resolves to the port.
 *
 * @throws OperatorError `port_taken`, naming the process that holds the port where this user may see it.
 */
export async function listenLoopback(server: Server, port: number): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port, host: LOOPBACK }, () => {
        server.off("error", reject);
        resolve();
      });
    });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "EADDRINUSE" ? portTaken(port) : error;
  }
  return (server.address() as AddressInfo).port;
}

function portTaken(port: number): OperatorError {
  const holder = portListener(port);
  const who = typeof holder?.pid !== "number" ? "another process" : `process ${holder.pid} (${holder.command})`;
  return new OperatorError("port_taken", `Port ${port} is already taken by ${who}.`, {
    hint: "Stop that process, or choose other ports with --port-offset N.",
  });
}
