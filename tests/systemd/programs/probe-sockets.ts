import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { Attempt, Victims } from "./probe.ts";

const FORBIDDEN_PORTS = [8000, 8090, 8088, 3100, 3101, 3102, 6379, 8102, 8200, 2019];
const ELSEWHERE = ["169.254.169.254", "10.9.9.9"];
const UNIX_SOCKETS = [
  ...["/run/dbus/system_bus_socket", "/run/systemd/private", "/run/systemd/journal/stdout", "/run/systemd/notify"],
  ...["/run/oroboros/caddy/admin.sock", "/run/redis/redis-server.sock", "/run/postgresql/.s.PGSQL.5432"],
];

/** Every service of the host that is not the slot's own, and what lies beyond it. */
export function attemptsAtSockets({ port }: Victims): Record<string, Attempt> {
  return {
    ...each(FORBIDDEN_PORTS, (forbidden) => [`connect to 127.0.0.1:${forbidden}`, () => hello("127.0.0.1", forbidden)]),
    ...each(["127.0.0.2", "0.0.0.0", "::1", "::ffff:127.0.0.1"], (host) => [
      `connect to ${host} 8000`,
      () => hello(host, 8000),
    ]),
    ...each(ELSEWHERE, (host) => [`connect to ${host}`, () => hello(host, 80)]),
    ...each(UNIX_SOCKETS, (path) => [`connect to ${path}`, () => opened(connect(path))]),
    "listen on a privileged port": () => listening(80),
    "send to a port by UDP": () => sent(6379),
    // What a slot may do, so that a probe which can do nothing at all is no success.
    "(may) connect to its own port": () => hello("127.0.0.1", port),
    "(may) connect to PostgreSQL": () => hello("127.0.0.1", 5432),
    "(may) connect to the internet": () => hello("203.0.113.9", 80),
  };
}

const each = <T>(values: readonly T[], entry: (value: T) => [string, Attempt]): Record<string, Attempt> =>
  Object.fromEntries(values.map(entry));

const hello = (host: string, port: number): Promise<void> => opened(connect(port, host));

async function opened(socket: ReturnType<typeof connect>): Promise<void> {
  const giveUp = (): unknown => socket.destroy(Object.assign(new Error("no answer"), { code: "EHOSTUNREACH" }));
  // Where this process itself was held up for so long, what has come meanwhile counts.
  const deadline = setTimeout(() => setImmediate(giveUp), 1_000);
  try {
    await once(socket, "connect");
  } finally {
    clearTimeout(deadline);
    socket.destroy();
  }
}

async function listening(port: number): Promise<void> {
  const server = createServer().listen(port);
  await once(server, "listening");
  server.close();
}

async function sent(port: number): Promise<void> {
  const socket = createSocket("udp4");
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.send("x", port, "127.0.0.1", (error) => (error === null ? resolve() : reject(error)));
    });
  } finally {
    socket.close();
  }
}
