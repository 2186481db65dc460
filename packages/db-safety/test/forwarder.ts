import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A port behind which a test puts one server and then another, as if they had been stopped and started there. */
export interface Forwarder extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** From now on; what is connected stays where it is until it is cut. */
  to(port: number): void;
  cut(): void;
}

export async function startForwarder(port: number): Promise<Forwarder> {
  let target = port;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    for (const socket of [client, upstream]) {
      open.add(socket);
      const other = socket === client ? upstream : client;
      socket.on("error", () => other.destroy()).on("close", () => open.delete(socket));
    }
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = (): void => open.forEach((socket) => socket.destroy());
  return {
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    to: (next) => {
      target = next;
    },
    cut,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      cut();
      await closed;
    },
  };
}
