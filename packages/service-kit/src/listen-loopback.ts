import type { AddressInfo, Server } from "node:net";
import { OperatorError } from "@oroboros/slot-contract";
import { findPortHolder } from "./port-holder.ts";

const LOOPBACK = "127.0.0.1";

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
    throw (error as NodeJS.ErrnoException).code === "EADDRINUSE" ? await portTaken(port) : error;
  }
  return (server.address() as AddressInfo).port;
}

async function portTaken(port: number): Promise<OperatorError> {
  const holder = await findPortHolder(port);
  const who = holder === undefined ? "another process" : `process ${holder.pid} (${holder.command})`;
  return new OperatorError("port_taken", `Port ${port} is already taken by ${who}.`, {
    hint: "Stop that process, or choose other ports with --port-offset N.",
  });
}
