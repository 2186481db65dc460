// Connects to every `host:port` of its arguments at once, and prints as JSON which of them greeted it.
import { connect } from "node:net";

const PATIENCE_MS = 1_500;

const outcomes = process.argv.slice(2).map(async (place) => {
  const [, host, port] = /^(.*):(\d+)$/.exec(place) ?? [];
  return [place, await greeting(host ?? "", Number(port))] as const;
});
console.log(JSON.stringify(Object.fromEntries(await Promise.all(outcomes))));

function greeting(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => undefined);
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error("silence")));
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
