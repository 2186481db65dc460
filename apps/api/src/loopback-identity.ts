import { connectionOwner, isHostOperator, type Connection } from "@oroboros/host/read-only";
import type { Context } from "hono";
import { incomingOf, type ApiEnv, type Principal } from "./acting.ts";
import { loopbackHosts } from "./own-hosts.ts";

/** What a browser, a proxy or a tunnel adds; curl and the like send none of it. */
const SENT_BY_OTHERS =
  /^(origin|referer|cookie|authorization|via|forwarded|x-real-ip|cdn-loop|sec-fetch-.*|x-forwarded.*|cf-.*)$/i;
const LOOPBACK = "127.0.0.1";

/**
 * The host's own operator, where a request comes straight from a process of root's or of a member of `oroboros-operators`. The
 * kernel's table says whose the socket is, anew for each request: a connection may outlive a membership.
 */
export async function loopbackPrincipal(c: Context<ApiEnv>): Promise<Principal | undefined> {
  const { contract, loopbackIdentity } = c.get("access");
  const incoming = incomingOf(c);
  if (!loopbackIdentity || incoming === undefined) return undefined;
  if (incoming.rawHeaders.some((name, index) => index % 2 === 0 && SENT_BY_OTHERS.test(name))) return undefined;
  if (!loopbackHosts(contract).includes(incoming.headers.host ?? "")) return undefined;
  const uid = await peerUid(c);
  if (uid === undefined || !(await isHostOperator(uid))) return undefined;
  return { name: `loopback:uid=${uid}`, label: `uid ${uid} on loopback`, role: "operator", source: "loopback" };
}

/** Whom failures are counted by: an address, and on loopback the user there. */
export async function peerOf(c: Context<ApiEnv>): Promise<string | undefined> {
  const address = incomingOf(c)?.socket.remoteAddress;
  if (address === undefined) return undefined;
  return `${address} ${(await peerUid(c)) ?? "unknown"}`;
}

function peerUid(c: Context<ApiEnv>): Promise<number | undefined> {
  const known = c.get("peerUid") as ReturnType<typeof peerUid> | undefined;
  if (known !== undefined) return known;
  const connection = loopbackConnection(c);
  const asked = connection === undefined ? Promise.resolve(undefined) : connectionOwner(connection);
  c.set("peerUid", asked);
  return asked;
}

function loopbackConnection(c: Context<ApiEnv>): Connection | undefined {
  const socket = incomingOf(c)?.socket;
  if (socket === undefined || socket.destroyed || socket.readableEnded) return undefined;
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  if (localAddress !== LOOPBACK || remoteAddress !== LOOPBACK) return undefined;
  if (localPort === undefined || remotePort === undefined) return undefined;
  return { localAddress, localPort, remoteAddress, remotePort };
}
