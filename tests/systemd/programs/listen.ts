// Stands in for a service: greets whoever connects to one of its ports, given as `host:port`, or to the socket that systemd handed over.
import { spawn } from "node:child_process";
import { createServer } from "node:net";

const places = process.argv.slice(2).filter((argument) => argument.includes(":"));
const greet = () => createServer((socket) => socket.on("error", () => undefined).end("hello\n"));
await Promise.all(
  places.map((place) => {
    const [, host, port] = /^(.*):(\d+)$/.exec(place) ?? [];
    return new Promise((resolve) => greet().listen(Number(port), host, () => resolve(null)));
  }),
);
if (process.env["LISTEN_FDS"] === "1") {
  greet().listen({ fd: 3 });
  const tell = (...what: string[]) => spawn("systemd-notify", what);
  tell("--ready");
  setInterval(() => tell("WATCHDOG=1"), 3_000);
}
console.log("listening");
