// Connects to every `host:port` of its arguments at once, and prints as JSON which of them greeted it.
import { connect } from "node:net";

/** The kernel connects at once, or never. */
const PATIENCE_MS = 1_500;
/** Who is connected is greeted as soon as the other one gets to it. */
const PATIENCE_FOR_GREETING_MS = 30_000;

const outcomes = process.argv.slice(2).map(async (place) => {
  const [, host, port] = /^(.*):(\d+)$/.exec(place) ?? [];
  return [place, await greeting(host ?? "", Number(port))] as const;
});
console.log(JSON.stringify(Object.fromEntries(await Promise.all(outcomes))));

function greeting(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    const silent = (): unknown => socket.destroy(new Error("silence"));
    // Where this process itself was held up for so long, what has come meanwhile counts.
    const patience = setTimeout(() => setImmediate(() => socket.connecting && silent()), PATIENCE_MS);
    socket.once("connect", () => socket.setTimeout(PATIENCE_FOR_GREETING_MS, silent));
    socket.once("close", () => clearTimeout(patience));
    socket.once("data", () => {
      resolve("hello");
      socket.destroy();
    });
    // Servers that speak second, such as Redis, are reached once they have accepted.
    socket.once("connect", () => socket.write("PING\r\n"));
    socket.once("end", () => resolve("ended"));
    socket.once("error", (error) => resolve("code" in error ? String(error.code) : error.message));
  });
}
