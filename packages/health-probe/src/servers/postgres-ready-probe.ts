import { healthy, unhealthy, type Probe, type ProbeAnswer } from "../probe.ts";
import { exchange, type Address, type Connect } from "./exchange.ts";

const PROTOCOL_3 = 196_608;
const KIND_AND_LENGTH = 5;
/** The server starts, stops or recovers. */
const CANNOT_CONNECT_NOW = "57P03";

/**
 * What `pg_isready` finds out, without a child and without a login: a server that asks who is there is healthy, and so is one that
 * refuses this user or database; one that starts, stops or recovers is not (PQping in libpq's internal_ping).
 */
export function postgresReadyProbe(
  probe: Address & { name: string; user: string; database: string; connect: Connect },
): Probe {
  const { name, host, port, connect } = probe;
  const at = `${host}:${port}`;
  const read = (received: Uint8Array, isWhole: boolean): ProbeAnswer | undefined => {
    const message = firstMessage(received);
    if (message === undefined) return isWhole && received.length > 0 ? unhealthy(`${at} is no PostgreSQL`) : undefined;
    if (message.kind === "R") return healthy(`${at} accepts connections`);
    const state = message.kind === "E" ? sqlStateOf(message.body) : undefined;
    if (state === undefined) return unhealthy(`${at} is no PostgreSQL`);
    return state === CANNOT_CONNECT_NOW
      ? unhealthy(`${at} accepts no connections: it starts, stops or recovers (${state})`)
      : healthy(`${at} accepts connections`);
  };
  const send = startupMessage({ user: probe.user, database: probe.database });
  return { name, check: (signal) => exchange({ host, port, connect, send, read }, signal) };
}

/** https://www.postgresql.org/docs/current/protocol-message-formats.html */
function startupMessage(parameters: Readonly<Record<string, string>>): Uint8Array {
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`);
  const text = new TextEncoder().encode(`${pairs.join("")}\0`);
  const message = new Uint8Array(8 + text.length);
  const view = new DataView(message.buffer);
  view.setUint32(0, message.length);
  view.setUint32(4, PROTOCOL_3);
  message.set(text, 8);
  return message;
}

function firstMessage(received: Uint8Array): { kind: string; body: string } | undefined {
  if (received.length < KIND_AND_LENGTH) return undefined;
  const length = new DataView(received.buffer, received.byteOffset).getUint32(1);
  if (received.length < length + 1) return undefined;
  const body = new TextDecoder().decode(received.subarray(KIND_AND_LENGTH, length + 1));
  return { kind: String.fromCodePoint(received[0] ?? 0), body };
}

/** Fields of an error: a letter and a text each, with a zero byte behind it. */
const sqlStateOf = (body: string): string | undefined =>
  body
    .split("\0")
    .find((field) => field.startsWith("C"))
    ?.slice(1);
