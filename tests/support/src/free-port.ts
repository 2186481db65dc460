import { createServer } from "node:net";

/** A port nobody listens on now. Another process may still take it first: callers retry. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === "string") reject(new Error("The listening socket has no port."));
        else resolve(address.port);
      });
    });
  });
}
