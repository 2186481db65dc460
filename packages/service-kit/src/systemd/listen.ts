import type { Server } from "node:net";
import { OperatorError } from "@oroboros/slot-contract";
import { listenLoopback, LOOPBACK } from "../listen-loopback.ts";
import type { SystemdVariables } from "./systemd-variables.ts";

/** Listens on a port of 127.0.0.1 and resolves to the port, whoever opened the socket. */
export type Listen = (server: Server, port: number) => Promise<number>;

/** SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST_SOCKET = 3;
/** Who connects while the process starts waits here. Node's own 511 would replace what systemd asked for; the kernel's limit stays. */
const BACKLOG = 4_096;

/**
 * Takes the socket that systemd opened for this process, or opens one. Behind systemd's socket a restart refuses nobody: it stays
 * open, and who connects meanwhile waits.
 *
 * @throws OperatorError from `Listen`: `invalid_environment` where systemd's socket is another than the one to listen on;
 *   `port_taken` where there is no such socket.
 */
export function openListen({ sockets }: Pick<SystemdVariables, "sockets">): Listen {
  return async (server, port) => {
    if (sockets === undefined) return listenLoopback(server, port);
    if (sockets !== "1") throw wrongSocket(`${sockets} sockets`, port);
    await takeSocket(server, port);
    return port;
  };
}

function takeSocket(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (passed: string, cause?: unknown): void => {
      server.close();
      reject(wrongSocket(passed, port, cause));
    };
    const fail = (error: Error): void => refuse("a socket that can not be listened on", error);
    server.once("error", fail);
    try {
      server.listen({ fd: FIRST_SOCKET }, BACKLOG);
    } catch (error) {
      return refuse("something that is no socket", error);
    }
    // Asked at once: nobody is accepted before the next turn of the event loop.
    const address = addressOf(server);
    if (address !== `${LOOPBACK}:${port}`) return refuse(address);
    server.once("listening", () => {
      server.off("error", fail);
      resolve();
    });
  });
}

/** A local socket's address is its path. */
function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") return `the local socket ${address ?? "without a name"}`;
  return address.family === "IPv6" ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`;
}

const wrongSocket = (passed: string, port: number, cause?: unknown): OperatorError =>
  new OperatorError("invalid_environment", `systemd passed ${passed}, and ${LOOPBACK}:${port} is to be listened on.`, {
    hint: `Let the unit's .socket file say ListenStream=${LOOPBACK}:${port} and nothing else, then: systemctl daemon-reload`,
    ...(cause === undefined ? {} : { cause }),
  });
