import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  API_USER,
  APP_USER,
  CADDY_USER,
  POSTGRES_USER,
  REDIS_USER,
  releaseNode,
  WEB_USER,
  WORKER_USER,
} from "@oroboros/slot-contract/host";
import type { Host } from "./boot-host.ts";
import { PROGRAMS } from "./boot-host.ts";

/** Addresses of the machines beside the box: one that anybody may reach, a private one, and a cloud's metadata. */
export const PUBLIC = "203.0.113.9";
export const PRIVATE = "10.9.9.9";
export const METADATA = "169.254.169.254";

/** Whose service greets on which port of a host with three slots; the third slot's own ports are left free. */
export const SERVED: Readonly<Record<string, readonly number[]>> = {
  [API_USER]: [8000],
  [WORKER_USER]: [8090],
  [CADDY_USER]: [8088],
  [WEB_USER]: [3100, 3101, 3102],
  [APP_USER]: [8200],
  [POSTGRES_USER]: [5432],
  [REDIS_USER]: [6379],
  "oroboros-preview-1": [8101],
  "oroboros-preview-2": [8102],
};

/** A service of a user for each of these ports; the users' stand-ins, in the same network and behind the same rules. */
export async function serve(
  host: Host,
  served: Readonly<Record<string, readonly number[]>>,
): Promise<Map<string, ChildProcess>> {
  const started = Object.entries(served).map(async ([user, ports]) => {
    const places = ports.map((port) => `0.0.0.0:${port}`);
    return [user, await listening(host, ["listen.ts", ...places], user)] as const;
  });
  return new Map(await Promise.all(started));
}

/** Connects the box to a network with machines that greet on port 80. */
export async function connectToOthers(host: Host): Promise<void> {
  const script = `
    ip netns add others
    ip link add outward type veth peer name inward netns others
    ip addr add 192.0.2.1/30 dev outward && ip link set outward up
    ip -n others addr add 192.0.2.2/30 dev inward && ip -n others link set inward up && ip -n others link set lo up
    ip route add default via 192.0.2.2
    for address in ${PUBLIC} ${PRIVATE} ${METADATA}; do ip -n others addr add "$address/32" dev lo; done`;
  await host.box.must(["bash", "-euc", script]);
  await listening(host, ["listen.ts", "0.0.0.0:80"], "root", ["ip", "netns", "exec", "others"]);
}

async function listening(
  host: Host,
  [program = "", ...args]: string[],
  user: string,
  within: string[] = [],
): Promise<ChildProcess> {
  // What the api and the worker hold, and nobody else is to read.
  const env = { DATABASE_URL: `postgresql://secret-of-${user}` };
  const command = [...within, releaseNode(host.contract), `${PROGRAMS}/${program}`, ...args];
  const [first = "", ...rest] = host.box.argv(command, { user, env });
  const child = spawn(first, rest, { stdio: ["ignore", "pipe", "inherit"] });
  await Promise.race([
    once(child.stdout, "data"),
    once(child, "exit").then(() => Promise.reject(new Error(`${user} did not listen.`))),
  ]);
  return child;
}

/** Which of `host:port` greets a user. */
export async function reachable(host: Host, user: string, places: readonly string[]): Promise<Record<string, string>> {
  const command = [releaseNode(host.contract), `${PROGRAMS}/connect.ts`, ...places];
  return JSON.parse(await host.box.must(command, { user })) as Record<string, string>;
}
