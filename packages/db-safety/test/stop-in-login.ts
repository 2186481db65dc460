import { once } from "node:events";
import { connect } from "node:net";

const PROTOCOL = 196_608;

/**
 * A client that asks the server of the URL for a login as its user, and never answers how it proves who it is. Resolves once it was
 * asked to.
 */
export async function stopInLogin(url: string): Promise<Disposable> {
  const { hostname, port, username, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  const startup = Buffer.from(`user\0${username}\0database\0${pathname.slice(1)}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + startup.length);
  head.writeInt32BE(PROTOCOL, 4);
  socket.write(Buffer.concat([head, startup]));
  await once(socket, "data");
  return { [Symbol.dispose]: () => socket.destroy() };
}
