import { createServer, type RequestListener } from "node:http";
import { type Owner, removeTree, setAccess } from "@oroboros/host";

/** Listens on a unix socket that only the named may connect to; the umask keeps everybody out until they are named. */
export async function listenUnix(
  listener: RequestListener,
  path: string,
  access: { mode: number; owner?: Owner | undefined },
): Promise<AsyncDisposable> {
  // Whoever left it there is dead: we hold the lock.
  await removeTree(path);
  const server = createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  setAccess(path, access);
  return {
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      // The answer to the request that asked for the end is on its way still.
      server.closeIdleConnections();
      const hurry = setTimeout(() => server.closeAllConnections(), 200);
      await closed;
      clearTimeout(hurry);
    },
  };
}
