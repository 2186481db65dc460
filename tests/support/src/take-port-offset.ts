import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";

/** What a contract adds its port offset to (`usedPorts` of the slot contract, which has a test that this is so). */
export const OFFSET_PORTS = [3100, 8000, 8088, 8090, 8100, 8200, 15_432] as const;
/** So many slots fit behind an offset: `3100 + slot` and `8100 + slot` stay free of everything else. */
export const OFFSET_SLOTS = 9;

// Tests that name an offset themselves, because it is what they are about, stay below; contracts end at 10000.
const FIRST = 1_010;
const LAST = 9_990;
const STEP = 10;
const LISTENING = "0A";

const held = new Map<number, Server>();

/**
 * A port offset that no other test has: neither its ports nor the users that follow from them meet anybody else's, in this
 * process or in another one. It is this process's until it ends, however it ends, or gives it back.
 */
export async function takePortOffset(): Promise<number> {
  const taken = portsInUse();
  for (const offset of portOffsets()) {
    if (portsOf(offset).some((port) => taken.has(port))) continue;
    const server = await listenAbstract(`oroboros-test-offset-${offset}`);
    if (server === undefined) continue;
    held.set(offset, server);
    return offset;
  }
  throw new Error("Every port offset is taken: are there processes of tests left over?");
}

/** For whoever takes many, once nothing listens on its ports any more. */
export function releasePortOffset(offset: number): void {
  held.get(offset)?.close();
  held.delete(offset);
}

/** Offsets whose ports are all different. */
export function portOffsets(): number[] {
  const used = new Set<number>();
  const offsets: number[] = [];
  for (let offset = FIRST; offset <= LAST; offset += STEP) {
    const ports = portsOf(offset);
    if (ports.some((port) => used.has(port))) continue;
    for (const port of ports) used.add(port);
    offsets.push(offset);
  }
  return offsets;
}

export const portsOf = (offset: number): number[] =>
  OFFSET_PORTS.flatMap((port) => Array.from({ length: OFFSET_SLOTS + 1 }, (_, slot) => port + slot + offset));

/** proc_net_tcp(5): the local address in hexadecimal, and the state. */
function portsInUse(): Set<number> {
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

/** A name in the abstract namespace (unix(7)) is one process's, and free again when that ends. */
function listenAbstract(name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen(`\0${name}`, () => {
      server.unref();
      resolve(server);
    });
  });
}
