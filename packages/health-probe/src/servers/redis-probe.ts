import { healthy, unhealthy, type Probe, type ProbeAnswer } from "../probe.ts";
import { exchange, type Connect } from "./exchange.ts";

const DEFAULT_PORT = 6379;
const MAX_LINE = 200;

/**
 * What `redis-cli ping` finds out, without a child: PONG is healthy, after AUTH where the URL has a password. A server that still loads
 * its data, or can not save it, answers with an error, which is the detail. Never says the URL.
 */
export function redisProbe(probe: { name: string; url: string; connect: Connect }): Probe {
  const url = new URL(probe.url);
  const address = {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? DEFAULT_PORT : Number(url.port),
  };
  const commands = [...authentication(url), ["PING"]];
  const send = new TextEncoder().encode(commands.map(serialize).join(""));
  const at = `${address.host}:${address.port}`;
  const read = (received: Uint8Array, isWhole: boolean): ProbeAnswer | undefined => {
    const lines = new TextDecoder().decode(received).split("\r\n");
    // The last piece has no end yet.
    const replies = lines.slice(0, -1);
    const error = replies.find((line) => line.startsWith("-")) ?? foreign(replies[0]);
    if (error !== undefined) return unhealthy(`${at} answered ${error.replace(/^-/, "").slice(0, MAX_LINE)}`);
    if (replies[commands.length - 1] === "+PONG") return healthy(`${at} answered PONG`);
    return isWhole && received.length > 0 ? unhealthy(`${at} is no Redis`) : undefined;
  };
  return { name: probe.name, check: (signal) => exchange({ ...address, connect: probe.connect, send, read }, signal) };
}

function authentication({ username, password }: URL): string[][] {
  if (password === "") return [];
  return [["AUTH", ...(username === "" ? [] : [decodeURIComponent(username)]), decodeURIComponent(password)]];
}

/** RESP: https://redis.io/docs/latest/develop/reference/protocol-spec/ */
const serialize = (command: readonly string[]): string =>
  `*${command.length}\r\n${command.map((word) => `$${new TextEncoder().encode(word).length}\r\n${word}\r\n`).join("")}`;

const foreign = (line: string | undefined): string | undefined =>
  line === undefined || line.startsWith("+") ? undefined : "something that no Redis says";
