import { readFileSync } from "node:fs";

const LISTENING = "0A";

/** The TCP ports that somebody listens on now. proc_net_tcp(5): the local address in hexadecimal, and the state. */
export function portsInUse(): Set<number> {
  const sockets = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) =>
    readFileSync(file, "utf8").split("\n").slice(1),
  );
  return new Set(
    sockets.flatMap((line) => {
      const [, local = "", , state] = line.trim().split(/\s+/u);
      return state === LISTENING ? [Number.parseInt(local.slice(local.indexOf(":") + 1), 16)] : [];
    }),
  );
}
