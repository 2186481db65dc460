import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { holdName } from "./hold-name.ts";

// Above the ports of every offset (`OFFSET_PORTS`), below those that the kernel gives to connections and to whoever listens on port 0
// (ip_local_port_range in ip(7)): until it is used, nobody comes across one of these by chance.
const FIRST = 25_500;
const LAST = 32_700;

/** A port nobody listens on, which no other test is given, in this process or in another one, until this process ends. */
export async function freePort(): Promise<number> {
  const count = LAST - FIRST;
  const start = randomInt(count);
  for (let tried = 0; tried < count; tried += 1) {
    const port = FIRST + ((start + tried) % count);
    const name = await holdName(`oroboros-test-port-${port}`);
    if (name === undefined) continue;
    if (await isFree(port)) return port;
    name.close();
  }
  throw new Error("Every port is taken: are there processes of tests left over?");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
