import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface Door extends AsyncDisposable {
  /** The database's, through the door. */
  url: string;
  /** When somebody tried to connect. */
  knocks: number[];
  open(): void;
  shut(): void;
}

/** In front of the database server, and shut at first. */
export async function aDoor(databaseUrl: string): Promise<Door> {
  const through = new URL(databaseUrl);
  const inside = { host: through.hostname, port: Number(through.port) };
  const knocks: number[] = [];
  const sockets: Socket[] = [];
  let isOpen = false;
  const server = createServer((outer) => {
    knocks.push(performance.now());
    outer.on("error", () => undefined);
    if (!isOpen) return void outer.destroy();
    const inner = connect(inside).on("error", () => undefined);
    outer.on("close", () => inner.destroy());
    outer.pipe(inner).pipe(outer);
    sockets.push(outer);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  through.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const shut = (): void => {
    isOpen = false;
    for (const socket of sockets.splice(0)) socket.destroy();
  };
  return {
    url: through.href,
    knocks,
    open: () => void (isOpen = true),
    shut,
    [Symbol.asyncDispose]: async () => {
      shut();
      server.close();
    },
  };
}
